// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "snug/result.hpp"
#include "tracer/linux/tracepoint_event.hpp"

namespace snug::tracer {

// What lies in the way of listening to the kernel's events.
struct EventObstacles {
  int paranoid = 2;          // kernel.perf_event_paranoid
  bool may_perfmon = false;  // we have CAP_PERFMON, or CAP_SYS_ADMIN, which is as good
  bool may_lock = false;     // we have CAP_IPC_LOCK
};

EventObstacles find_event_obstacles();

// Why an event could not be opened, in the user's words.
Error explain_event_failure(const EventFailure& failure, const EventObstacles& obstacles);

}  // namespace snug::tracer
