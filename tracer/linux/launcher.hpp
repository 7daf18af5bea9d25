// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "snug/result.hpp"
#include "tracer/linux/identity.hpp"
#include "tracer/linux/trace_filter.hpp"

namespace snug::tracer {

struct LaunchOptions {
  std::vector<std::string> command;    // at least the program's name, looked up on PATH
  Filter filter;                       // installed just before the exec; empty: none
  bool no_new_privileges = false;      // set PR_SET_NO_NEW_PRIVS before the filter
  sigset_t signal_mask{};              // the workload's, which ours differs from
  struct sigaction child_action = {};  // the same of what SIGCHLD does
  Identity identity;                   // assumed after that, which needs privilege
  bool survives = false;               // our death; otherwise the kernel kills it then
};

// A child that we trace and that is about to become the command.
class Launched {
 public:
  Launched(pid_t pid, int failure_pipe) : pid_(pid), failure_pipe_(failure_pipe) {}
  Launched(Launched&& other) noexcept;
  Launched& operator=(Launched&&) = delete;
  Launched(const Launched&) = delete;
  Launched& operator=(const Launched&) = delete;
  ~Launched();

  pid_t pid() const { return pid_; }

  // Success if the command was executed; else why not. To be asked when the child's end or first exec was seen.
  Result<Done> outcome(const std::string& program) const;

 private:
  pid_t pid_;
  int failure_pipe_;
};

// Forks the child, seizes it, and lets it go. It never asks to be traced itself (PTRACE_TRACEME): that would take
// privileged programs their privilege even under a privileged tracer.
Result<Launched> launch(const LaunchOptions& options);

}  // namespace snug::tracer
