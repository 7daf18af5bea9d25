// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/meaning.hpp"

#include <seccomp.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "snug/arch.hpp"
#include "snug/syscalls.hpp"

namespace snug::test {

namespace {

constexpr Verdict kOtherAbi{Action::kill_thread, 0};

// linux/net.h and linux/ipc.h.
constexpr std::array<std::pair<std::uint64_t, std::string_view>, 20> kSocketCalls{
    {{1, "socket"},      {2, "bind"},        {3, "connect"},    {4, "listen"},      {5, "accept"},
     {6, "getsockname"}, {7, "getpeername"}, {8, "socketpair"}, {9, "send"},        {10, "recv"},
     {11, "sendto"},     {12, "recvfrom"},   {13, "shutdown"},  {14, "setsockopt"}, {15, "getsockopt"},
     {16, "sendmsg"},    {17, "recvmsg"},    {18, "accept4"},   {19, "recvmmsg"},   {20, "sendmmsg"}}};
constexpr std::array<std::pair<std::uint64_t, std::string_view>, 12> kIpcCalls{{{1, "semop"},
                                                                                {2, "semget"},
                                                                                {3, "semctl"},
                                                                                {4, "semtimedop"},
                                                                                {11, "msgsnd"},
                                                                                {12, "msgrcv"},
                                                                                {13, "msgget"},
                                                                                {14, "msgctl"},
                                                                                {21, "shmat"},
                                                                                {22, "shmdt"},
                                                                                {23, "shmget"},
                                                                                {24, "shmctl"}}};

struct CallIdentity {
  Arch arch;
  std::uint32_t number;
};

CallIdentity identity_of(const seccomp_data& call) {
  const auto raw = static_cast<std::uint32_t>(call.nr);
  Arch arch = arch_of_call(call.arch, raw);
  // To libseccomp every number from x32's bit upwards is an x32 call. None of the others exists.
  if (arch == Arch::x86_64 && raw >= kX32SyscallBit) arch = Arch::x32;
  return {arch, arch == Arch::x32 ? raw & ~kX32SyscallBit : raw};
}

std::optional<std::string_view> share_of(std::string_view multiplexer, std::uint64_t which) {
  const auto in = [&](const auto& shares) -> std::optional<std::string_view> {
    for (const auto& [number, name] : shares)
      if (number == which) return name;
    return std::nullopt;
  };
  if (multiplexer == "socketcall") return in(kSocketCalls);
  if (multiplexer == "ipc") return in(kIpcCalls);
  return std::nullopt;
}

bool holds(const Condition& condition, std::uint64_t argument) {
  switch (condition.comparison) {
    case Comparison::ne:
      return argument != condition.value;
    case Comparison::lt:
      return argument < condition.value;
    case Comparison::le:
      return argument <= condition.value;
    case Comparison::eq:
      return argument == condition.value;
    case Comparison::ge:
      return argument >= condition.value;
    case Comparison::gt:
      return argument > condition.value;
    case Comparison::masked_eq:
      return (argument & condition.value) == condition.value_two;
  }
  return false;
}

bool holds(const Rule& rule, const seccomp_data& call) {
  return std::all_of(rule.conditions.begin(), rule.conditions.end(),
                     [&](const Condition& condition) { return holds(condition, call.args[condition.index]); });
}

// What the rules that say something about `name` say, if any does.
std::optional<Verdict> verdict_on(std::string_view name, const Profile& profile, const seccomp_data& call) {
  std::optional<Verdict> conditional;
  for (const Rule& rule : profile.rules) {
    const bool names_it = std::find(rule.names.begin(), rule.names.end(), name) != rule.names.end();
    if (!names_it || rule.verdict == profile.default_verdict) continue;
    if (rule.conditions.empty()) return rule.verdict;
    if (!conditional && holds(rule, call)) conditional = rule.verdict;
  }
  return conditional;
}

bool covers(const Profile& profile, Arch arch) {
  const auto& archs = profile.architectures;
  return arch == native_arch() || std::find(archs.begin(), archs.end(), arch) != archs.end();
}

// Names that this machine's libseccomp does not know are dropped by it, as documented, so they mean nothing here.
bool is_known_to_libseccomp(std::string_view name) {
  return seccomp_syscall_resolve_name(std::string(name).c_str()) != __NR_SCMP_ERROR;
}

}  // namespace

Verdict meaning_of(const Profile& profile, const seccomp_data& call) {
  const auto [arch, number] = identity_of(call);
  // -1 is how a tracer cancels a call; for x86_64 it is no x32 call although it has that bit.
  if (call.nr == -1 && covers(profile, arch == Arch::x32 ? Arch::x86_64 : arch)) return profile.default_verdict;
  if (!covers(profile, arch)) return kOtherAbi;

  const auto name = syscall_name(arch, number);
  if (!name || !is_known_to_libseccomp(*name)) return profile.default_verdict;
  if (const auto verdict = verdict_on(*name, profile, call)) return *verdict;
  if (const auto share = share_of(*name, call.args[0]))
    if (const auto verdict = verdict_on(*share, profile, call)) return *verdict;
  return profile.default_verdict;
}

std::optional<std::string_view> name_of_call(const seccomp_data& call) {
  const auto [arch, number] = identity_of(call);
  return syscall_name(arch, number);
}

}  // namespace snug::test
