// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/seize.hpp"

#include <sys/ptrace.h>

#include <cerrno>

#include "tracer/linux/privilege.hpp"

namespace snug::tracer {
namespace {

constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                          PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | PTRACE_O_TRACESECCOMP;

}  // namespace

Result<Done> seize(pid_t tid, long more_options) {
  if (ptrace(PTRACE_SEIZE, tid, nullptr, kOptions | more_options) == 0) return Done{};
  const int reason = errno;
  return explain_seize_failure(tid, reason, find_ptrace_obstacles(tid));
}

void tie_to_us(pid_t tid) {
  ptrace(PTRACE_SETOPTIONS, tid, nullptr, kOptions | PTRACE_O_EXITKILL);
}

}  // namespace snug::tracer
