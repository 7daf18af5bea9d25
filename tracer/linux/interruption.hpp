// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

namespace snug::tracer {

// Makes tracing interrupt no call that would have slept on without it.
//
// A tracee is woken for signals that it ignores, and all its threads for a SIGCONT though nothing was stopped, so
// that the tracer sees them. The kernel then has most calls begin again unnoticed. A few fail with EINTR once they
// were woken (signal(7), "never restarted"); of an ignored signal no program expects that. To be called at every
// stop of `tid` with its wait status; such a call is then begun again, unless a handler is about to run.
//
// Its time limit, if it has one, begins again too. On aarch64, where the kernel decides what begins again before it
// shows the stop, nothing is done.
void hide_interruption(pid_t tid, int status);

}  // namespace snug::tracer
