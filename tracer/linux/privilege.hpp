// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

#include "snug/result.hpp"

namespace snug::tracer {

// Whether this thread may install a seccomp filter as it is: it has CAP_SYS_ADMIN in its user namespace, or can
// gain no privileges any more (seccomp(2), "EACCES").
bool may_install_filter();

// Whether this kernel has seccomp filters at all and nothing around us forbids installing one.
bool filters_available();

// Whether we run under a seccomp filter already, as in a container. It outranks one that we add where it is
// stricter.
bool runs_under_filter();

// Whether a tracer like us leaves setuid programs their privilege: CAP_SYS_PTRACE (ptrace(2), execve(2)).
bool is_privileged();

// What stands in the way of ptrace, as far as /proc tells; the facts explain_seize_failure() goes by.
struct PtraceObstacles {
  int yama_scope = 0;        // kernel.yama.ptrace_scope; 0 where there is no Yama
  pid_t current_tracer = 0;  // who already traces the task
  bool filtered = false;     // we run under a seccomp filter ourselves, as in a container
  bool is_kernels = false;   // the task is a thread of the kernel's own
  bool is_others = false;    // the task is another user's
  bool privileged = true;    // we have CAP_SYS_PTRACE
};

PtraceObstacles find_ptrace_obstacles(pid_t target);

// The error for a PTRACE_SEIZE of `target` that failed with `errno_value`.
Error explain_seize_failure(pid_t target, int errno_value, const PtraceObstacles& obstacles);

}  // namespace snug::tracer
