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

// A task that was alive before us, that we trace from now on and have interrupted.
struct Seized {
  pid_t tid = 0;
  pid_t process = 0;
  Executable executable;
};

// What a process is that we attach to.
enum class Attaching : std::uint8_t {
  workload,  // the workload itself
  launcher,  // it is to become the workload by its next exec, as our own child is when we launch it
  runtime,   // it, or a descendant, is to become the workload by an exec in another mount namespace than ours
};

// Follows one workload from its launch, or from when we attached to it, to the end of its last task: keeps the
// ledger, decides how each stopped task goes on, and shows every call to the watcher. Knows the kernel only through
// reports.
class Session {
 public:
  // `command` is our child that will exec the workload's command; it makes `mode` stops.
  Session(pid_t command, StopMode mode, Watcher& watcher);

  // `target` is a process that runs already; `tasks` are its own and its descendants'. They make two stops a call;
  // one where a runtime has given what it launches the filter that stops every call with kTraceMark, which shows
  // itself at the exec; and none but those of a filter for a watcher that does not want every call.
  Session(pid_t target, const std::vector<Seized>& tasks, Watcher& watcher, Attaching to = Attaching::workload);

  // What the task of `report` does next.
  Resume handle(const WaitReport& report);

  // The kernel has said that nobody is left but `left_behind`, who are let go when we end.
  void settle(const std::vector<pid_t>& left_behind);

  bool command_ended() const { return command_exit_ != ExitStatus{}; }
  const ExitStatus& command_exit() const { return command_exit_; }
  std::uint64_t processes() const { return processes_; }
  std::uint64_t alive() const { return ledger_.alive(); }
  std::uint64_t detached() const { return ledger_.detached(); }

  // From now on every task that stops is let go. Returns those that must be made to stop for it: nobody where a
  // filter that needs us to answer it was there before us, without which its tasks could not go on.
  std::vector<pid_t> let_go();

  // The stops that the workload makes, as far as is known.
  StopMode mode() const { return mode_; }

  // The books, as far as they go.
  Accounting accounting() const;

  // Why calls may have been missed so far, in words.
  const std::set<std::string>& doubts() const { return doubts_; }

  // The same when nobody is left: all tasks must then be accounted for.
  std::set<std::string> final_doubts() const;

 private:
  struct Visitor;

  Task& task_of(pid_t tid);
  void check_doubt(Task& task, const Stop& stop);
  Resume go_on(pid_t tid, const Task& task, int signo = 0) const;
  bool is_foreign(const Task& task, const SyscallFiltered& stop) const;
  bool needs_us() const;
  bool launch(pid_t tid, Task& task, bool in_our_mounts);
  Resume enter(pid_t tid, const Call& call, std::uint16_t filter_data);
  std::optional<BirthFlags> show_child(OpenCall& open) const;
  Resume leave(pid_t tid, const SyscallReturned& outcome);
  void note_blind_spot(Task& task, const OpenCall& open, const SyscallReturned& outcome);
  void note_own_filter(Task& task, bool everywhere);
  Resume bury(pid_t tid);
  Resume let_die(pid_t tid, int signo);
  void end(pid_t tid, ExitStatus status);
  Resume bid_farewell(Resume order);

  pid_t command_;
  StopMode mode_;
  Attaching to_ = Attaching::launcher;
  Watcher& watcher_;
  Ledger ledger_;
  bool is_attached_ = false;
  bool letting_go_ = false;
  bool is_launched_ = false;  // by a runtime
  ExitStatus command_exit_;
  std::uint64_t processes_ = 1;
  std::uint64_t execs_ = 0;
  std::uint64_t stops_ = 0;
  std::uint64_t syscall_stops_ = 0;
  std::uint64_t calls_ = 0;
  std::uint64_t unread_ = 0;
  bool own_filters_ = false;  // some task has installed a filter of its own
  std::set<std::string> doubts_;
};

// What is to be done while a workload is followed.
struct Attendant {
  std::function<void()> command_ended = [] {};  // once; descendants may live on
  std::function<void()> roused = [] {};         // another thread wants attention
};

// Follows the workload until no task is left.
void follow(Kernel& kernel, Session& session, const Attendant& attendant);

}  // namespace snug::tracer
