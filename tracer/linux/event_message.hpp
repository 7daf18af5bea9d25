// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>

namespace snug::tracer {

// The task that a tracee tells of at its stop `event`, PTRACE_EVENT_FORK or EXEC or one like these. Nothing where
// the tracee has been killed since and does not stand there any more: it may stand at the stop of its end by now,
// where the message is how it ends.
std::optional<pid_t> read_event_tid(pid_t tracee, int event);

}  // namespace snug::tracer
