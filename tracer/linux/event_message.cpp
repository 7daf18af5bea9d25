// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/event_message.hpp"

#include <sys/ptrace.h>

#include <csignal>

namespace snug::tracer {

// Which stop it is is asked for last: there is no way back to an earlier one.
std::optional<pid_t> read_event_tid(pid_t tracee, int event) {
  unsigned long message = 0;
  siginfo_t stop{};
  if (ptrace(PTRACE_GETEVENTMSG, tracee, nullptr, &message) != 0 ||
      ptrace(PTRACE_GETSIGINFO, tracee, nullptr, &stop) != 0)
    return std::nullopt;
  if (stop.si_code >> 8 != event) return std::nullopt;
  return static_cast<pid_t>(message);
}

}  // namespace snug::tracer
