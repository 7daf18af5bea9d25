// SPDX-License-Identifier: Apache-2.0
#include "generator/core/floor_request.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "generator/core/runtime_versions.hpp"
#include "snug/syscalls.hpp"

namespace snug {

namespace {

// What the floor's calls are called where registers have 32 bits.
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kWideNames{{
    {"fchown", "fchown32"},
    {"fcntl", "fcntl64"},
    {"fstat", "fstat64"},
    {"fstatfs", "fstatfs64"},
    {"futex", "futex_time64"},
    {"getuid", "getuid32"},
    {"lseek", "_llseek"},
    {"mmap", "mmap2"},
    {"nanosleep", "clock_nanosleep_time64"},
    {"newfstatat", "fstatat64"},
    {"pselect6", "pselect6_time64"},
    {"rt_sigtimedwait", "rt_sigtimedwait_time64"},
    {"select", "_newselect"},
    {"setgid", "setgid32"},
    {"setgroups", "setgroups32"},
    {"setresgid", "setresgid32"},
    {"setresuid", "setresuid32"},
    {"setuid", "setuid32"},
}};

// What C libraries call instead on the ABIs that lack a call.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kSubstitutes{{
    {"access", "faccessat"},
    {"arch_prctl", "set_tls"},
    {"fork", "clone"},
    {"getpgrp", "getpgid"},
    {"readlink", "readlinkat"},
    {"select", "pselect6"},
}};

std::vector<FloorEntry> entries_of(const std::vector<Floor>& floors, FloorRole role, std::string_view name) {
  for (const Floor& floor : floors)
    if (floor.role == role && floor.name == name) return floor.entries;
  return {};
}

bool applies(const FloorEntry& entry, const FloorRequest& request) {
  if (request.no_new_privileges && !entry.no_new_privileges) return false;
  return request.exec || entry.phase == FloorPhase::start;
}

bool speaks_of(const FloorEntry& entry, const RuntimeVersion& runtime) {
  return !runtime.version || !entry.range || is_within(*runtime.version, *entry.range);
}

void add_calls(std::set<std::string>& calls, const FloorEntry& entry) {
  calls.insert(entry.calls.begin(), entry.calls.end());
}

// Floors are measured on x86_64 and name its calls.
void add_other_names(std::set<std::string>& calls, Arch host) {
  const auto add = [&](std::string_view name) {
    if (syscall_number(host, name)) calls.emplace(name);
  };
  for (const auto& [name, substitute] : kSubstitutes)
    if (calls.contains(std::string(name)) && !syscall_number(host, name)) add(substitute);
  // The 64-bit ABIs have none of the wide names, so this adds nothing there.
  for (const auto& [name, wide_name] : kWideNames)
    if (calls.contains(std::string(name))) add(wide_name);
}

std::vector<RuntimeVersion> runtimes_of(const std::vector<Floor>& floors, const FloorRequest& request) {
  if (!request.runtimes.empty()) return request.runtimes;
  std::vector<RuntimeVersion> runtimes;
  for (const Floor& floor : floors)
    if (floor.role == FloorRole::runtime) runtimes.push_back({floor.name, {}});
  return runtimes;
}

std::string option_for(const RuntimeVersion& runtime) {
  return "--runtime " + runtime.name + (runtime.version ? "@" + *runtime.version : "");
}

// The requests that decide one thing more than `request`, each with the option that decides it.
std::vector<std::pair<std::string, FloorRequest>> tighter_requests(const std::vector<Floor>& floors,
                                                                   const FloorRequest& request) {
  std::vector<std::pair<std::string, FloorRequest>> tighter;
  const auto add = [&](std::string option, auto decide) {
    FloorRequest decided = request;
    decide(decided);
    tighter.emplace_back(std::move(option), std::move(decided));
  };
  if (!request.no_new_privileges)
    add("--no-new-privileges", [](auto& decided) { decided.no_new_privileges = true; });
  if (request.exec) add("--no-exec", [](auto& decided) { decided.exec = false; });
  for (const RuntimeVersion& runtime : runtimes_of(floors, request))
    add(option_for(runtime), [&](auto& decided) { decided.runtimes = {runtime}; });
  return tighter;
}

}  // namespace

std::set<std::string> floor_calls(const std::vector<Floor>& floors, const FloorRequest& request, Arch host) {
  std::set<std::string> calls;
  for (const RuntimeVersion& runtime : runtimes_of(floors, request)) {
    for (const FloorEntry& entry : entries_of(floors, FloorRole::runtime, runtime.name))
      if (applies(entry, request) && speaks_of(entry, runtime)) add_calls(calls, entry);
  }
  for (const std::string& init : request.inits)
    for (const FloorEntry& entry : entries_of(floors, FloorRole::init, init)) add_calls(calls, entry);

  add_other_names(calls, host);
  return calls;
}

std::vector<Saving> possible_savings(const std::vector<Floor>& floors, const FloorRequest& request,
                                     const std::set<std::string>& needed, Arch host) {
  const auto calls = floor_calls(floors, request, host);
  std::vector<Saving> savings;
  for (auto& [option, tighter] : tighter_requests(floors, request)) {
    const auto fewer = floor_calls(floors, tighter, host);
    Saving saving{std::move(option), {}};
    std::ranges::copy_if(calls, std::back_inserter(saving.calls), [&](const std::string& name) {
      return !fewer.contains(name) && !needed.contains(name) && syscall_number(host, name);
    });
    if (!saving.calls.empty()) savings.push_back(std::move(saving));
  }
  return savings;
}

}  // namespace snug
