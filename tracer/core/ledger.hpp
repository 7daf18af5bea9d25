// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "snug/recording.hpp"
#include "tracer/core/blind_spots.hpp"
#include "tracer/core/stop.hpp"

namespace snug::tracer {

// Which stops a task makes. A filter's stops are half as many, but a filter of the task's own may outrank ours and
// hide the calls it refuses; PTRACE_SYSCALL stops come before any filter (since Linux 4.8).
enum class StopMode : std::uint8_t { seccomp, syscall };

// A call whose return is being waited for.
struct OpenCall {
  Call call;
  Executable executable;  // that made it: an exec changes the task's before it returns
  BlindSpot blind_spot = BlindSpot::none;
  bool is_watched = false;                               // the watcher asked for its outcome
  bool gave_birth = false;                               // a child was announced since
  bool succeeds = false;                                 // it shall return 0, whatever it does
  std::optional<BirthFlags> asked_flags = std::nullopt;  // it asked for an untraced child: we changed its flags
};

// One thread of the workload.
struct Task {
  StopMode mode = StopMode::seccomp;
  pid_t process = 0;
  // It leads its process, which others were born into.
  bool has_threads = false;
  bool announced = false;          // its parent has told of its birth
  bool filters_itself = false;     // it installed a seccomp filter of its own
  bool launching = false;          // still our own child before its first exec: its calls are not the workload's
  bool traced_by_runtime = false;  // the filter that the runtime gave it, at our wish, stops its every call
  bool entered = false;    // its current call was shown on entry: the filter's stop, if one comes, is the same call
  std::string_view doubt;  // something is amiss, unless it is dying, which its next stop tells; empty: nothing is
  bool buried = false;     // its end has begun, and its process lives on in other threads
  bool in_call = false;    // between the two ends of a call, or perhaps so: seized while it ran
  std::optional<OpenCall> open_call;
  Executable executable;
};

// Every task from birth to death, whatever the order in which the kernel tells of them.
class Ledger {
 public:
  // The task `tid`, or null when nobody has heard of it.
  Task* find(pid_t tid);

  // `tid` was alive before we came, and was seized.
  void adopt(pid_t tid, Task task);

  // `tid` makes a new task's first stop, and so is none that took over the id of another.
  void begin(pid_t tid) { ended_leaders_.erase(tid); }

  // `tid` shows itself before anybody announced it.
  Task& arrive(pid_t tid, Task task);

  // `parent` tells that `child` was born as a copy of it.
  void announce(pid_t child, BirthKind kind, const Task& parent);

  // `tid` has ended, whether or not anybody told of its birth.
  void end(pid_t tid);

  // The process that `tid` leads begins to end, and of its end the kernel will say nothing. A leader whose process
  // lives on in other threads is kept until these have ended too, or one of them takes its place in an exec.
  void bury(pid_t tid);

  // `tid` lives on without us.
  void let_go(pid_t tid);

  // An exec made `former_tid` take over the id of its thread group leader, `tid`, which is gone.
  void take_over(pid_t former_tid, pid_t tid);

  // The kernel has said that nobody is left. A thread that was never announced, of whose end nothing was heard, had
  // taken over the id of the parent that would have announced it in an exec, and ended under that. So had one whose
  // leader is gone.
  void settle();

  // Makes every thread of `process` make PTRACE_SYSCALL stops, from its next stop on; how many did not before.
  std::uint64_t stop_at_every_boundary(pid_t process);

  std::uint64_t born() const { return born_; }
  std::uint64_t attached() const { return attached_; }
  std::uint64_t gone() const { return gone_; }
  std::uint64_t detached() const { return detached_; }
  std::uint64_t alive() const { return tasks_.size(); }
  bool balances() const { return born_ + attached_ == gone_ + detached_; }
  std::vector<pid_t> tids() const;

 private:
  void forget(pid_t tid);
  Task* take_over_from_unannounced(pid_t tid);
  Task& add(pid_t tid, Task task);
  void end_threads_of(pid_t process);
  void end_buried(pid_t process);

  // Who seemed to lead the process `from` turns out to be a thread of `process`.
  void move_threads(pid_t from, pid_t process);

  std::unordered_map<pid_t, Task> tasks_;
  std::unordered_set<pid_t> ended_unannounced_;
  std::unordered_set<pid_t> unannounced_;    // of those that live
  std::unordered_set<pid_t> ended_leaders_;  // while somebody was unannounced
  std::uint64_t born_ = 0;
  std::uint64_t attached_ = 0;
  std::uint64_t gone_ = 0;
  std::uint64_t detached_ = 0;
};

}  // namespace snug::tracer
