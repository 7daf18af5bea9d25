// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/verifier.hpp"

#include <utility>

#include "snug/syscalls.hpp"
#include "snug/verdict_code.hpp"

namespace snug::tracer {
namespace {

bool executes(const Call& call) {
  const auto name = syscall_name(call.arch, call.number);
  return name == "execve" || name == "execveat";
}

}  // namespace

Verifier::Verifier(StackReader read_stack) : read_stack_(std::move(read_stack)) {}

Decision Verifier::entered(const Caller& caller, const Call& call, std::uint16_t filter_data) {
  // Before the first exec only the exec itself is the workload's; the rest is how we get there.
  if (caller.launching && !executes(call)) return {};

  const Verdict verdict = decode_verdict(filter_data);
  DenialEvidence& evidence = denials_[{{call.arch, call.number}, caller.executable.path, verdict}];
  if (evidence.count++ == 0) {
    evidence.first_tid = caller.tid;
    evidence.launching = caller.launching;
    evidence.stack = read_stack_(caller.tid);
  }
  return {.watch_outcome = false, .refuse = verdict};
}

void Verifier::returned(const Caller& /*caller*/, const Call& /*call*/, const SyscallReturned& /*outcome*/) {}

}  // namespace snug::tracer
