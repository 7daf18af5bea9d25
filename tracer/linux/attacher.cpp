// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/attacher.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>
#include <utility>

#include "tracer/linux/executable.hpp"
#include "tracer/linux/proc.hpp"
#include "tracer/linux/relatives.hpp"
#include "tracer/linux/seize.hpp"

namespace snug::tracer {
namespace {

using Clock = std::chrono::steady_clock;

// A parent in vfork(2) sleeps, and cannot be stopped, until its child executes something. Such a sleep otherwise
// is short.
constexpr std::chrono::milliseconds kPatienceWithSleepers{100};
constexpr std::chrono::seconds kPatience{5};

bool exists(pid_t tid) {
  return kill(tid, 0) == 0 || errno == EPERM;
}

// Dead, but not yet taken note of by its parent: nothing is left to trace.
bool is_zombie(pid_t tid) {
  return state_of(tid) == 'Z' || state_of(tid) == 'X';
}

// Zombie or not, a process lives while one of its threads does.
bool is_alive(pid_t process) {
  return !std::ranges::all_of(threads_of(process), is_zombie);
}

std::optional<std::uint64_t> session_of(pid_t process) {
  return status_number(process, "NSsid");
}

std::string cgroups_of(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/cgroup", process));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::map<pid_t, pid_t> parents_of_all() {
  std::map<pid_t, pid_t> parents;
  for (const pid_t process : all_processes()) {
    if (const auto parent = status_number(process, "PPid")) parents[process] = static_cast<pid_t>(*parent);
  }
  return parents;
}

class Attacher {
 public:
  explicit Attacher(pid_t target);

  // Seizes what is not ours yet of the target; the error is the first thread's, if there is any.
  Result<Done> seize_target();

  // Seizes what is not ours yet of the family. Whether there was any, or one vanished before we had it.
  bool seize_more();

  // Until whoever was seized has stopped.
  void await_stops();

  Attached take();

 private:
  Result<bool> seize_process(pid_t process);
  Result<bool> seize_thread(pid_t process, pid_t tid);
  bool seize_relative(pid_t process);
  // Since when tasks sleep so that nothing wakes them.
  using Sleepers = std::map<pid_t, Clock::time_point>;

  bool is_awaited(pid_t tid, Clock::time_point start, Sleepers& sleepers);
  bool was_seized(pid_t process) const;
  bool may_have_lost_orphans() const;

  Attached attached_;
  std::map<pid_t, pid_t> before_ = parents_of_all();
  std::set<pid_t> family_;  // the target and its descendants, those who were it before we began among them
  std::set<pid_t> ancestors_;
  std::string cgroups_;
  std::set<pid_t> tids_;
  ExecutableReader executables_;
};

Attacher::Attacher(pid_t target) : family_{target}, cgroups_(cgroups_of(target)) {
  attached_.process = target;
  for (std::size_t known = 0; known != family_.size();) {
    known = family_.size();
    for (const auto& [process, parent] : before_) {
      if (family_.contains(parent) && process != getpid()) family_.insert(process);
    }
  }
  for (auto next = before_.find(target); next != before_.end(); next = before_.find(next->second)) {
    ancestors_.insert(next->second);
  }
}

// Whether the thread is a new one, or there was one.
Result<bool> Attacher::seize_thread(pid_t process, pid_t tid) {
  if (tids_.contains(tid) || are_tracing(tid) || is_zombie(tid)) return false;
  const auto seized = seize(tid, 0);
  if (!seized && are_tracing(tid)) return false;  // born of ours
  if (!seized && (is_zombie(tid) || !exists(tid))) return true;
  if (!seized) return seized.error();
  tids_.insert(tid);
  attached_.tasks.push_back({tid, process, executables_.read(tid).value_or(Executable{})});
  ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
  return true;
}

// Whoever ends while the kernel lists its process's threads may end the list, too.
Result<bool> Attacher::seize_process(pid_t process) {
  bool found_any = false;
  for (bool found = true; found;) {
    found = false;
    for (const pid_t tid : threads_of(process)) {
      const auto is_new = seize_thread(process, tid);
      if (!is_new) return is_new.error();
      found = found || *is_new;
    }
    found_any = found_any || found;
  }
  return found_any;
}

Result<Done> Attacher::seize_target() {
  const auto seized = seize_process(attached_.process);
  if (!seized) return seized.error();
  return Done{};
}

bool Attacher::seize_relative(pid_t process) {
  family_.insert(process);
  const auto seized = seize_process(process);
  if (!seized) attached_.doubts.insert(seized.error().what + ": what it called was not seen");
  return seized && *seized;
}

bool Attacher::seize_more() {
  bool found = false;
  for (const auto& [process, parent] : parents_of_all()) {
    const bool is_relative = family_.contains(process) || family_.contains(parent);
    if (is_relative && process != getpid() && seize_relative(process)) found = true;
  }
  return found;
}

// Whether it may still be on the way to its stop, and bear a child that is not ours before it gets there.
bool Attacher::is_awaited(pid_t tid, Clock::time_point start, Sleepers& sleepers) {
  const auto now = Clock::now();
  const char state = state_of(tid).value_or('X');
  if (state == 'D') return now - sleepers.try_emplace(tid, now).first->second <= kPatienceWithSleepers;
  sleepers.erase(tid);
  if (state != 'R' && state != 'S') return false;
  if (now - start <= kPatience) return true;
  attached_.doubts.insert(
      "a task did not stop when snug attached to it: a child that it was bearing may be missing");
  return false;
}

void Attacher::await_stops() {
  const auto start = Clock::now();
  Sleepers sleepers;
  const auto is_one = [&](const Seized& task) { return is_awaited(task.tid, start, sleepers); };
  while (std::ranges::any_of(attached_.tasks, is_one)) std::this_thread::sleep_for(std::chrono::milliseconds{1});
}

bool Attacher::was_seized(pid_t process) const {
  return are_tracing(process) ||
         std::ranges::any_of(attached_.tasks, [process](const Seized& task) { return task.process == process; });
}

// The children of whoever ended before we had it are now children of an ancestor, in its session or one of their
// own, and in its control groups.
bool Attacher::may_have_lost_orphans() const {
  if (std::ranges::all_of(family_, [this](pid_t process) { return was_seized(process); })) return false;
  std::set<std::optional<std::uint64_t>> sessions;
  for (const pid_t process : family_) sessions.insert(session_of(process));
  return std::ranges::any_of(parents_of_all(), [&](const auto& entry) {
    const auto& [process, parent] = entry;
    const bool is_known = before_.contains(process) || family_.contains(process) || process == getpid();
    if (is_known || !ancestors_.contains(parent)) return false;
    const auto session = session_of(process);
    if (!session) return false;
    const bool is_new_session = session == static_cast<std::uint64_t>(process);
    return sessions.contains(session) || (is_new_session && cgroups_of(process) == cgroups_);
  });
}

Attached Attacher::take() {
  if (may_have_lost_orphans()) {
    attached_.doubts.insert("a process ended while snug attached to it: children that it left may be missing");
  }
  return std::move(attached_);
}

Error no_such_process(pid_t pid) {
  return {ErrorCode::bad_input, fmt::format("cannot attach to process {}", pid), "there is no such process",
          "look it up: ps -e, pgrep NAME"};
}

}  // namespace

Result<Attached> attach(pid_t pid) {
  const auto process = status_number(pid, "Tgid");
  if (!process) return no_such_process(pid);
  const auto target = static_cast<pid_t>(*process);
  if (target == getpid()) {
    return Error{ErrorCode::bad_input, fmt::format("cannot attach to process {}", pid), "that is snug itself",
                 "name the process that you want to observe"};
  }
  if (!is_alive(target)) return no_such_process(pid);
  Attacher attacher(target);
  const auto seized = attacher.seize_target();
  if (!seized) return seized.error();
  do {
    while (attacher.seize_more()) continue;
    attacher.await_stops();
  } while (attacher.seize_more());
  Attached attached = attacher.take();
  if (attached.tasks.empty()) return no_such_process(pid);
  return attached;
}

}  // namespace snug::tracer
