// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <vector>

namespace snug::tracer {

// The processes that we trace, as /proc says. For rare occasions: it looks at every process.
std::vector<pid_t> our_tracees();

// The children of this thread, as /proc says; none where the kernel does not tell (CONFIG_PROC_CHILDREN).
std::vector<pid_t> our_children();

}  // namespace snug::tracer
