// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>

#include "tracer/core/surroundings.hpp"

namespace snug::tracer {

// What /proc tells of a task: as whom it acts, and the number that it has in its own pid namespace.
struct TaskStatus {
  Credentials credentials;
  pid_t inner_tid = 0;
  pid_t inner_process = 0;
};

// Nothing when the task is gone.
std::optional<TaskStatus> read_status(pid_t tid);

// The inode of that namespace of a task, "user" or "net"; 0 when it cannot be told. Namespaces are equal when their
// inodes are.
std::uint64_t namespace_of(pid_t tid, const char* kind);

}  // namespace snug::tracer
