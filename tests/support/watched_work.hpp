// SPDX-License-Identifier: Apache-2.0
// Runs work in a child whose capability checks the kernel tells us.
#pragma once

#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <vector>

#include "tracer/linux/kernel_checks.hpp"

namespace snug::test {

enum class AtExec { renew, leave };

// A tracer of the child and its threads that watches each from its first stop and drains it at all others.
class WatchedWork {
 public:
  explicit WatchedWork(tracer::KernelChecks& checks, AtExec at_exec = AtExec::renew)
      : checks_(checks), at_exec_(at_exec) {}

  // `work` must end the child, or run a program, by itself: afterwards it ends with 1. The checks of all its tasks,
  // once these have ended.
  std::vector<tracer::CapabilityCheck> run(const std::function<void()>& work) {
    std::array<int, 2> gate{};
    if (pipe(gate.data()) != 0) return {};
    const pid_t child = fork();
    if (child == 0) {
      char byte = 0;
      const bool is_open = read(gate[0], &byte, 1) == 1;
      if (is_open) work();
      _exit(1);
    }
    ptrace(PTRACE_SEIZE, child, 0,
           PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT);
    checks_.watch(child);
    const bool is_begun = write(gate[1], "x", 1) == 1;
    close(gate[0]);
    close(gate[1]);
    if (is_begun) follow(child);
    return std::move(found_);
  }

  // What was asked up to the last exec is left out, unless it is kept.
  void keep_exec() { keeps_exec_ = true; }

  // How the child ended, for waitpid's macros.
  int status() const { return status_; }

 private:
  void follow(pid_t child) {
    int status = 0;
    for (pid_t tid = 0; (tid = waitpid(-1, &status, __WALL)) > 0;) {
      if (!WIFSTOPPED(status)) {
        checks_.forget(tid);
        if (tid == child) status_ = status;
        continue;
      }
      const int event = status >> 16;
      if (event == PTRACE_EVENT_STOP) checks_.watch(tid);
      if (event == PTRACE_EVENT_EXEC && at_exec_ == AtExec::renew) checks_.renew(tid, number_before_exec(tid));
      const auto drained = checks_.drain(tid);
      found_.insert(found_.end(), drained.begin(), drained.end());
      if (event == PTRACE_EVENT_EXEC && !keeps_exec_) found_.clear();
      ptrace(PTRACE_CONT, tid, 0, event == 0 ? WSTOPSIG(status) : 0);
    }
  }

  static pid_t number_before_exec(pid_t tid) {
    unsigned long number = 0;
    ptrace(PTRACE_GETEVENTMSG, tid, 0, &number);
    return static_cast<pid_t>(number);
  }

  tracer::KernelChecks& checks_;
  AtExec at_exec_;
  std::vector<tracer::CapabilityCheck> found_;
  bool keeps_exec_ = false;
  int status_ = 0;
};

}  // namespace snug::test
