// SPDX-License-Identifier: Apache-2.0
#include "generator/core/surface.hpp"

#include <algorithm>

#include "generator/core/bpf_evaluator.hpp"
#include "generator/core/bpf_explorer.hpp"
#include "snug/syscalls.hpp"

namespace snug {

namespace {

// Numbers that no table has or soon will have, and are no multiple of anything.
constexpr std::uint32_t kBeyond[] = {1023, 100003};

using Answers = std::set<std::uint32_t>;

// Of each combination of two filters' answers the one that prevails.
Answers combined(const Answers& later, const Answers& earlier) {
  Answers all;
  for (const std::uint32_t one : later)
    for (const std::uint32_t other : earlier) all.insert(prevailing(one, other));
  return all;
}

std::set<Verdict> verdicts_on(const FilterStack& filters, CallId id) {
  const auto call = call_of(id, {});
  Answers answers{SECCOMP_RET_ALLOW};
  for (const Program& program : filters)
    answers = combined(answers, possible_answers(program, call.arch, static_cast<std::uint32_t>(call.nr)));

  std::set<Verdict> verdicts;
  for (const std::uint32_t answer : answers) verdicts.insert(verdict_of(answer));
  return verdicts;
}

std::optional<Verdict> common_verdict(const AbiSurface& abi) {
  std::set<Verdict> all = abi.beyond;
  for (const CallSurface& call : abi.calls) all.insert(call.verdicts.begin(), call.verdicts.end());
  return all.size() == 1 ? std::optional{*all.begin()} : std::nullopt;
}

}  // namespace

bool CallSurface::is_reachable() const {
  return std::any_of(verdicts.begin(), verdicts.end(), permits);
}

std::size_t AbiSurface::count_reachable() const {
  return static_cast<std::size_t>(
      std::count_if(calls.begin(), calls.end(), [](const CallSurface& call) { return call.is_reachable(); }));
}

std::size_t AbiSurface::count_dependent() const {
  return static_cast<std::size_t>(std::count_if(calls.begin(), calls.end(), [](const CallSurface& call) {
    return call.is_reachable() && call.depends_on_arguments();
  }));
}

AbiSurface surface_of(const FilterStack& filters, Arch arch) {
  AbiSurface abi;
  abi.arch = arch;
  for (const SyscallEntry& entry : syscalls_of(arch))
    abi.calls.push_back({entry.number, std::string(entry.name), verdicts_on(filters, {arch, entry.number})});
  for (const std::uint32_t number : kBeyond) abi.beyond.merge(verdicts_on(filters, {arch, number}));
  abi.everything = common_verdict(abi);
  return abi;
}

Verdict outcome_of(const FilterStack& filters, CallId id, const Arguments& arguments) {
  const auto call = call_of(id, arguments);
  std::uint32_t answer = SECCOMP_RET_ALLOW;
  for (const Program& program : filters)
    answer = prevailing(answer, evaluate(program, call).value_or(SECCOMP_RET_KILL_PROCESS));
  return verdict_of(answer);
}

}  // namespace snug
