// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/signalfd.h>
#include <sys/types.h>

namespace snug::tracer {

// Whether a process of the workload sent us this signal. If it meant its process group, the workload has it
// already; if it meant its parent, it did not mean itself.
bool is_sent_by_workload(const signalfd_siginfo& info);

// Passes a signal that was sent to us on to `process`, with the value and under the name of who sent it.
void forward_signal(pid_t process, const signalfd_siginfo& info);

// To be called at every stop of `tid` with its wait status. A signal that forward_signal() sent says that it came
// by sigqueue(3), the only way that lets us name another sender; what it says here is made true before it is
// delivered.
void restore_forwarded(pid_t tid, int status);

}  // namespace snug::tracer
