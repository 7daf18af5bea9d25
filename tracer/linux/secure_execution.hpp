// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>

namespace snug::tracer {

// Whether the program that `tid` has just executed, and not yet begun, was to get privilege from its file: the
// kernel tells the program itself (AT_SECURE in getauxval(3)), even where a tracer made it withhold the privilege.
// Nothing when the task's memory cannot be read: its program is unreadable, or it is gone.
std::optional<bool> is_secure_execution(pid_t tid);

}  // namespace snug::tracer
