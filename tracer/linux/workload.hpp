// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "snug/result.hpp"
#include "tracer/core/session.hpp"
#include "tracer/linux/identity.hpp"
#include "tracer/linux/trace_filter.hpp"

namespace snug::tracer {

// What becomes of the descendants that live on when the command has ended.
enum class Then : std::uint8_t { go_on, let_go };

// What is to happen while a workload is followed; all of it on the thread that follows.
struct Occasions {
  // The command has ended, and `alive` tasks descended from it live on.
  std::function<Then(std::uint64_t alive)> command_ended = [](std::uint64_t) { return Then::go_on; };
  // We have attached to this many processes and tasks.
  std::function<void(std::uint64_t processes, std::uint64_t tasks)> attached = [](std::uint64_t, std::uint64_t) {};

  std::chrono::milliseconds checkpoint_period{0};  // 0: never
  std::function<void(const Session&)> checkpoint = [](const Session&) {};

  int phase_signo = 0;  // a signal to us that is not passed on, but begins a phase; 0: none
  std::function<void()> phase = [] {};
};

// A command to run under our eyes.
struct Workload {
  std::vector<std::string> command;
  StopMode mode = StopMode::seccomp;
  Filter filter;                   // points out the calls that stop; empty with StopMode::syscall
  bool no_new_privileges = false;  // set it on the workload: without privilege no filter can be installed otherwise
  Identity identity = {};          // as whom it runs
  bool survives = false;           // our death; otherwise the kernel kills it then
  Occasions occasions;
};

// A process to attach to, with its descendants; they survive our death.
struct Target {
  pid_t pid = 0;
  std::chrono::milliseconds duration{0};  // let it go after that; 0: only when asked to, or when it ends
  Attaching to = Attaching::workload;
  Occasions occasions;
};

// How it went.
struct Followed {
  ExitStatus exit;                    // neither code nor signal when it was let go alive
  StopMode mode = StopMode::syscall;  // how its calls stopped
  Accounting accounting;
  std::uint64_t processes = 0;
  std::set<std::string> doubts;  // why calls may have been missed, in words
};

// Runs `workload` until its last descendant ends, showing its calls to `watcher`. Its standard streams, its exit
// status and the signals sent to us are the workload's own. Errors: not_found and not_executable for the command,
// not_permitted where ptrace or the filter is refused.
Result<Followed> follow_workload(const Workload& workload, Watcher& watcher);

// Attaches to `target` and shows its calls to `watcher` until it ends or is let go, which a signal to us that asks
// to end asks for. Errors: as attach().
Result<Followed> follow_target(const Target& target, Watcher& watcher);

// Checks what no kernel setting can give: PTRACE_GET_SYSCALL_INFO, of Linux 5.3, and a /proc that shows the
// workload.
Result<Done> check_kernel();

}  // namespace snug::tracer
