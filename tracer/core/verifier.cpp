// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/verifier.hpp"

#include <utility>

#include "snug/syscalls.hpp"
#include "snug/verdict_code.hpp"
#include "tracer/core/phase_marker.hpp"

namespace snug::tracer {
namespace {

constexpr std::uint64_t kOutcomesAsked = 32;  // of each denial
constexpr std::size_t kMostPassed = 64;       // a profile with more rules for one call would be none to read

// A program that is denied its end tries again, musl's for ever. So often no program does anything else.
constexpr std::uint64_t kMostDeniedEnds = 1000;

bool executes(const Call& call) {
  const auto name = syscall_name(call.arch, call.number);
  return name == "execve" || name == "execveat";
}

bool ends(const Call& call) {
  const auto name = syscall_name(call.arch, call.number);
  return name == "exit" || name == "exit_group";
}

}  // namespace

Verifier::Verifier(VerifierOptions options) : options_(std::move(options)) {}

Decision Verifier::entered(const Caller& caller, const Call& call, std::uint16_t filter_data) {
  // Before the first exec only the exec itself is the workload's; the rest is how we get there.
  if (caller.launching && !executes(call)) return {};
  if (filter_data == kTraceMark) {
    const auto begun = phase_begun_by(call);
    if (begun) begin_phase(*begun);
    return {.watch_outcome = false, .refuse = std::nullopt, .succeed = begun.has_value()};
  }

  const Verdict verdict = decode_verdict(filter_data);
  DenialEvidence& evidence = note(caller, call, verdict);
  if (options_.denied == Denied::let_through) {
    watched_[caller.tid] = &evidence;
    return {.watch_outcome = evidence.count <= kOutcomesAsked, .refuse = std::nullopt};
  }
  if (!cannot_end(caller.tid, call)) return {.watch_outcome = false, .refuse = verdict};
  evidence.endless = true;
  return {.watch_outcome = false, .refuse = Verdict{Action::kill_process, 0}};
}

DenialEvidence& Verifier::note(const Caller& caller, const Call& call, const Verdict& verdict) {
  const Denial denial{{call.arch, call.number}, caller.executable.path, verdict};
  DenialEvidence& evidence = denials_[denial];
  if (evidence.count++ == 0) {
    evidence.first = {.elapsed_ms = options_.elapsed_ms(),
                      .tid = caller.tid,
                      .stack = caller.launching ? Stack{} : options_.read_stack(caller.tid)};
    evidence.arguments = call.arguments;
    evidence.launching = caller.launching;
  }
  if (!phase_.empty()) ++evidence.phases[phase_];
  if (!evidence.passed_many) keep_passed(evidence, call);
  if (evidence.count == 1) options_.seen_first(denial, evidence);
  return evidence;
}

void Verifier::keep_passed(DenialEvidence& evidence, const Call& call) const {
  const unsigned telling = options_.telling_registers({call.arch, call.number});
  Registers passed{};
  for (std::size_t i = 0; i < passed.size(); ++i)
    if ((telling >> i & 1U) != 0) passed[i] = call.arguments[i];
  evidence.passed.insert(passed);
  if (evidence.passed.size() <= kMostPassed) return;
  evidence.passed.clear();
  evidence.passed_many = true;
}

bool Verifier::cannot_end(pid_t tid, const Call& call) {
  if (ends(call)) return ++denied_ends_[tid] >= kMostDeniedEnds;
  denied_ends_.erase(tid);
  return false;
}

void Verifier::returned(const Caller& caller, const Call& /*call*/, const SyscallReturned& outcome) {
  const auto found = watched_.find(caller.tid);
  if (found == watched_.end()) return;  // an exec has given the thread its leader's id
  ++found->second->outcomes;
  if (outcome.failed) ++found->second->errors[static_cast<int>(-outcome.result)];
}

}  // namespace snug::tracer
