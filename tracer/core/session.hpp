// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tracer/core/kernel.hpp"
#include "tracer/core/ledger.hpp"
#include "tracer/core/watcher.hpp"

namespace snug::tracer {

// Follows one workload from its launch to the end of its last task: keeps the ledger, decides how each stopped task
// goes on, and shows every call to the watcher. Knows the kernel only through reports.
class Session {
 public:
  // `command` is our child that will exec the workload's command; it makes `mode` stops.
  Session(pid_t command, StopMode mode, Watcher& watcher);

  // What the task of `report` does next.
  Resume handle(const WaitReport& report);

  bool command_ended() const { return command_exit_ != ExitStatus{}; }
  const ExitStatus& command_exit() const { return command_exit_; }
  std::uint64_t processes() const { return processes_; }
  std::uint64_t alive() const { return ledger_.alive(); }

  // The books, as far as they go; `calls` is the watcher's to fill in.
  Accounting accounting() const;

  // Why calls may have been missed, in words, sorted; to be asked when the last task has ended.
  std::vector<std::string> incomplete_because() const;

 private:
  struct Visitor;

  Task& task_of(pid_t tid);
  void check_unread(Task& task, const Stop& stop);
  Resume go_on(pid_t tid, const Task& task, int signo = 0) const;
  Resume enter(pid_t tid, const Call& call, std::uint16_t filter_data);
  void leave(pid_t tid, Task& task, const SyscallReturned& outcome);
  void note_blind_spot(Task& task, const OpenCall& open, const SyscallReturned& outcome);
  void note_own_filter(Task& task, bool everywhere);
  void end(pid_t tid, ExitStatus status);

  pid_t command_;
  StopMode mode_;
  Watcher& watcher_;
  Ledger ledger_;
  ExitStatus command_exit_;
  std::uint64_t processes_ = 1;
  std::uint64_t execs_ = 0;
  std::uint64_t stops_ = 0;
  std::uint64_t syscall_stops_ = 0;
  std::uint64_t unread_ = 0;
  bool own_filters_ = false;  // some task has installed a filter of its own
  std::set<std::string> blind_because_;
};

// Runs the workload to its end. `when_command_ended` is called once, when the command is gone; descendants may live
// on.
void follow(Kernel& kernel, Session& session, const std::function<void()>& when_command_ended);

}  // namespace snug::tracer
