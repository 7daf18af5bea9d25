// SPDX-License-Identifier: Apache-2.0
#include "generator/core/generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "generator/core/evidence.hpp"
#include "generator/core/fallbacks.hpp"
#include "generator/core/floor.hpp"
#include "snug/syscalls.hpp"

namespace snug {

namespace {

// A process begins with execve, ends with exit or exit_group, leaves signal handlers by one of the two sigreturns,
// and the kernel itself makes it call restart_syscall after a stop.
constexpr std::array<std::string_view, 6> kAlwaysNeeded{"execve",          "exit",         "exit_group",
                                                        "restart_syscall", "rt_sigreturn", "sigreturn"};

std::string joined(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, "; "));
}

std::optional<Error> refusal(const Recording& recording, const Evidence& evidence, Incomplete incomplete) {
  const auto gaps = incomplete_because(recording);
  if (!gaps.empty() && incomplete == Incomplete::refused)
    return Error{ErrorCode::refused, "cannot generate a profile from an incomplete recording", joined(gaps),
                 "record the workload again, or accept the gaps with --allow-incomplete"};
  if (evidence.named.empty())
    return Error{ErrorCode::refused, "cannot generate a profile that allows nothing",
                 "the recording has no system call that a profile could allow",
                 "record the workload: snug trace -- COMMAND"};
  return std::nullopt;
}

// The ABIs the runs were made on and those whose calls were seen. A container's runtime uses the former even where
// the workload uses only the latter.
std::vector<Arch> architectures_of(const Recording& recording) {
  std::set<Arch> archs;
  for (const auto& [id, run] : recording.runs) archs.insert(run.host.arch);
  for (const auto& [key, observations] : recording.syscalls) archs.insert(key.arch);
  archs.erase(Arch::unknown);
  return {archs.begin(), archs.end()};
}

bool exists_in(const std::vector<Arch>& archs, std::string_view name) {
  return std::any_of(archs.begin(), archs.end(), [&](Arch arch) { return syscall_number(arch, name).has_value(); });
}

std::set<std::string> floor_for(const Recording& recording) {
  std::set<std::string> calls;
  for (const auto& [id, run] : recording.runs) calls.merge(floor_calls(shipped_floors(), run.host.arch));
  return calls;
}

// Decides which names are allowed. Names that none of the profile's ABIs has are left out: they could do nothing.
class Allowing {
 public:
  explicit Allowing(const std::vector<Arch>& archs) : archs_(archs) {}

  void add(std::string_view name, Origin origin) {
    if (exists_in(archs_, name)) allowed_[std::string(name)].insert(origin);
  }

  std::map<std::string, std::set<Origin>> take() { return std::move(allowed_); }

 private:
  const std::vector<Arch>& archs_;
  std::map<std::string, std::set<Origin>> allowed_;
};

std::map<std::string, std::set<Origin>> allowed_calls(const Recording& recording, const Evidence& evidence,
                                                      FloorChoice floor) {
  const auto archs = architectures_of(recording);
  Allowing allowing(archs);
  for (const auto& [name, seen] : evidence.named)
    if (!is_always_absent(seen)) allowing.add(name, Origin::observed);
  for (const std::string_view name : kAlwaysNeeded) allowing.add(name, Origin::always);
  if (floor == FloorChoice::full)
    for (const std::string& name : floor_for(recording)) allowing.add(name, Origin::floor);
  return allowing.take();
}

// The calls that shall fail as on a kernel that lacks them.
std::vector<std::string> absent_calls(const Evidence& evidence, const Generated& generated) {
  std::set<std::string> absent;
  for (const std::string_view name : calls_with_fallback())
    if (exists_in(generated.profile.architectures, name)) absent.emplace(name);
  for (const auto& [name, seen] : evidence.named)
    if (is_always_absent(seen)) absent.insert(name);

  std::erase_if(absent, [&](const std::string& name) { return generated.allowed.contains(name); });
  return {absent.begin(), absent.end()};
}

std::vector<Rule> rules_of(const Evidence& evidence, const Generated& generated) {
  Rule allow{{}, {Action::allow, 0}, {}, {}};
  for (const auto& [name, origins] : generated.allowed) allow.names.push_back(name);

  Rule absent{
      absent_calls(evidence, generated), {Action::fail, ENOSYS}, {}, "libraries fall back when these do not exist"};
  if (absent.names.empty()) return {allow};
  return {allow, absent};
}

AllowedCounts count(const std::map<std::string, std::set<Origin>>& allowed) {
  AllowedCounts counts;
  for (const auto& [name, origins] : allowed) {
    switch (*origins.begin()) {
      case Origin::observed:
        ++counts.observed;
        break;
      case Origin::always:
        ++counts.always;
        break;
      case Origin::floor:
        ++counts.floor;
        break;
    }
  }
  return counts;
}

std::string unsayable(const NamelessEvidence& call) {
  const auto [arch, number] = call.key;
  const std::string subject = arch == Arch::unknown
                                  ? fmt::format("system call {} is of an unknown ABI", number)
                                  : fmt::format("{} system call {} has no name", name_of(arch), number);
  return fmt::format("{}, so no profile can allow it (seen {} {})", subject, call.count,
                     call.count == 1 ? "time" : "times");
}

// What no run was there to see, though each saw all of its own interval.
std::vector<std::string> unobserved(const Recording& recording) {
  std::vector<std::string> gaps;
  const auto attached = [](const auto& entry) { return entry.second.begin == Run::Begin::attach; };
  if (!recording.runs.empty() && std::ranges::all_of(recording.runs, attached)) {
    gaps.emplace_back(
        "snug attached when the workload ran already, so that what it calls at its start is not in the profile: "
        "merge a recording from its start");
  }
  for (const auto& [id, run] : recording.runs) {
    if (run.end != Run::End::command || run.accounting.tasks_detached == 0) continue;
    gaps.push_back(
        fmt::format("the descendants of {} were let go when it ended: what they called then is not in the profile",
                    run.command.empty() ? "the command" : run.command.front()));
  }
  return gaps;
}

std::vector<std::string> warnings_of(const Recording& recording, const Evidence& evidence) {
  std::vector<std::string> warnings;
  for (const std::string& gap : incomplete_because(recording))
    warnings.push_back(fmt::format("the recording is incomplete: {}", gap));
  for (const std::string& gap : unobserved(recording)) warnings.push_back(gap);
  for (const NamelessEvidence& call : evidence.nameless) warnings.push_back(unsayable(call));
  return warnings;
}

}  // namespace

Result<Generated> generate(const Recording& recording, const GenerateOptions& options) {
  const Evidence evidence = evidence_of(recording);
  if (const auto error = refusal(recording, evidence, options.incomplete)) return *error;

  Generated generated;
  generated.allowed = allowed_calls(recording, evidence, options.floor);
  generated.counts = count(generated.allowed);
  generated.warnings = warnings_of(recording, evidence);
  generated.profile.default_verdict = {Action::fail, EPERM};
  generated.profile.architectures = architectures_of(recording);
  generated.profile.rules = rules_of(evidence, generated);
  return generated;
}

}  // namespace snug
