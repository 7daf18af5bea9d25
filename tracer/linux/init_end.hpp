// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

// The first process of a pid namespace, a container's for instance, is immune to signals that it does not handle.
// Only a fault of its own ends it, and that only while nobody traces it (kernel/signal.c, force_sig_info_to_task).
namespace snug::tracer {

// Whether `tid`, which stopped with `status`, would have been ended by the signal of this stop, but for us.
bool would_end_init(pid_t tid, int status);

// Makes it fault once more as soon as it goes on, untraced.
void fault_again(pid_t tid, int signo);

// Whether a SIGSYS would end it in the same way.
bool is_init_without_trap_handler(pid_t tid);

}  // namespace snug::tracer
