// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "snug/result.hpp"
#include "tracer/core/session.hpp"
#include "tracer/linux/trace_filter.hpp"

namespace snug::tracer {

// A command to run under our eyes.
struct Workload {
  std::vector<std::string> command;
  StopMode mode = StopMode::seccomp;
  Filter filter;                   // points out the calls that stop; empty with StopMode::syscall
  bool no_new_privileges = false;  // set it on the workload: without privilege no filter can be installed otherwise
  // The command has ended, and `alive` descendants of it live on.
  std::function<void(std::uint64_t alive)> when_only_descendants_are_left = [](std::uint64_t) {};
};

// How it went.
struct Followed {
  ExitStatus exit;
  Accounting accounting;
  std::uint64_t processes = 0;
  std::vector<std::string> incomplete_because;
};

// Runs `workload` until its last descendant ends, showing its calls to `watcher`. Its standard streams, its exit
// status and the signals sent to us are the workload's own. Errors: not_found and not_executable for the command,
// not_permitted where ptrace or the filter is refused.
Result<Followed> follow_workload(const Workload& workload, Watcher& watcher);

// Checks what no kernel setting can give: PTRACE_GET_SYSCALL_INFO, of Linux 5.3.
Result<Done> check_kernel();

}  // namespace snug::tracer
