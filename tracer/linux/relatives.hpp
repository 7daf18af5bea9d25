// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <set>
#include <vector>

// Who is ours, as /proc says. For rare occasions: most of these look at every process.
namespace snug::tracer {

// Whether we trace this task, or any but those.
bool are_tracing(pid_t tid);
bool are_tracing_any_but(const std::set<pid_t>& tids);

// The processes whose first thread we trace.
std::vector<pid_t> our_tracees();

// Whether it was born of us, or came to us otherwise (CLONE_PARENT).
bool is_our_child(pid_t process);

// The children of this thread; none where the kernel does not tell (CONFIG_PROC_CHILDREN).
std::vector<pid_t> our_children();

}  // namespace snug::tracer
