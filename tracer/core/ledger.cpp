// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/ledger.hpp"

#include <algorithm>
#include <utility>

namespace snug::tracer {

Task* Ledger::find(pid_t tid) {
  const auto found = tasks_.find(tid);
  return found == tasks_.end() ? nullptr : &found->second;
}

Task& Ledger::add(pid_t tid, Task task) {
  if (const Task* const leader = find(tid); leader != nullptr && leader->buried) end(tid);
  const auto [place, inserted] = tasks_.insert_or_assign(tid, std::move(task));
  // A tid that is born again while we still hold it has ended without a word; the ledger then shows one end
  // missing.
  ++born_;
  return place->second;
}

void Ledger::adopt(pid_t tid, Task task) {
  tasks_.insert_or_assign(tid, std::move(task));
  ++attached_;
}

Task& Ledger::arrive(pid_t tid, Task task) {
  if (Task* const taken = take_over_from_unannounced(tid)) return *taken;
  task.process = tid;
  unannounced_.insert(tid);
  return add(tid, std::move(task));
}

// The leader of a process ended before it could announce a thread of it, which took over its id in an exec that
// then failed: the kernel tells nothing of that. Who it was is plain only where one task alone can have been it.
Task* Ledger::take_over_from_unannounced(pid_t tid) {
  if (ended_leaders_.erase(tid) == 0) return nullptr;
  std::vector<pid_t> candidates;
  for (const pid_t each : unannounced_)
    if (const Task* const task = find(each); task != nullptr && task->in_call) candidates.push_back(each);
  if (candidates.size() != 1) return nullptr;
  Task task = std::move(tasks_.at(candidates.front()));
  tasks_.erase(candidates.front());
  unannounced_.erase(candidates.front());
  task.process = tid;
  unannounced_.insert(tid);
  return &tasks_.insert_or_assign(tid, std::move(task)).first->second;
}

void Ledger::announce(pid_t child, BirthKind kind, const Task& parent) {
  ended_leaders_.erase(child);
  unannounced_.erase(child);
  if (ended_unannounced_.erase(child) != 0) return;
  const pid_t process = kind == BirthKind::thread ? parent.process : child;
  if (Task* const leader = find(process); leader != nullptr && process != child) leader->has_threads = true;
  if (Task* const arrived = find(child); arrived != nullptr && !arrived->announced) {
    arrived->announced = true;
    if (!arrived->filters_itself) arrived->mode = parent.mode;
    arrived->process = process;
    if (arrived->has_threads && process != child) move_threads(child, process);
    return;
  }
  Task task;
  task.mode = parent.mode;
  task.process = process;
  task.announced = true;
  task.launching = parent.launching;
  task.executable = parent.executable;
  add(child, std::move(task));
}

void Ledger::end(pid_t tid) {
  const Task* const task = find(tid);
  // One that nobody announced may itself have been a thread of another process.
  const pid_t process = task != nullptr && task->announced ? task->process : 0;
  const bool led_threads = process == tid && task->has_threads;
  forget(tid);
  ++gone_;
  if (led_threads) end_threads_of(tid);
  if (process != tid) end_buried(process);
}

void Ledger::bury(pid_t tid) {
  Task* const leader = find(tid);
  if (leader == nullptr || leader->buried || !leader->has_threads) {
    end(tid);
    if (!unannounced_.empty()) ended_leaders_.insert(tid);
    return;
  }
  leader->buried = true;
  end_buried(tid);
}

// Ends a buried leader when nobody else of its process is left.
void Ledger::end_buried(pid_t process) {
  const auto leader = tasks_.find(process);
  if (leader == tasks_.end() || !leader->second.buried) return;
  const auto is_other = [process](const auto& entry) {
    return entry.second.process == process && entry.first != process;
  };
  if (std::any_of(tasks_.begin(), tasks_.end(), is_other)) return;
  tasks_.erase(leader);
  ++gone_;
}

void Ledger::let_go(pid_t tid) {
  forget(tid);
  ++detached_;
}

void Ledger::forget(pid_t tid) {
  unannounced_.erase(tid);
  const auto found = tasks_.find(tid);
  if (found == tasks_.end()) {
    ++born_;
    ended_unannounced_.insert(tid);
    return;
  }
  if (!found->second.announced) ended_unannounced_.insert(tid);
  tasks_.erase(found);
}

// The kernel tells of a leader's end when its process has no other thread left. A thread that we still hold had
// taken over the leader's id in an exec, and was killed before the kernel could tell.
void Ledger::end_threads_of(pid_t process) {
  gone_ += std::erase_if(tasks_, [process](const auto& entry) { return entry.second.process == process; });
}

void Ledger::take_over(pid_t former_tid, pid_t tid) {
  if (former_tid == tid) return;
  const auto former = tasks_.find(former_tid);
  if (former == tasks_.end()) return;
  Task task = std::move(former->second);
  task.process = tid;
  tasks_.erase(former);
  unannounced_.erase(former_tid);
  if (const Task* const leader = find(tid)) {
    task.announced = leader->announced;  // the process's parent may be yet to tell
    ++gone_;
  }
  if (!task.announced) unannounced_.insert(tid);
  tasks_.insert_or_assign(tid, std::move(task));
}

void Ledger::settle() {
  std::vector<pid_t> dead;
  for (const auto& [tid, task] : tasks_) {
    const auto leader = tasks_.find(task.process);
    const bool leader_is_dead = detached_ == 0 && (leader == tasks_.end() || leader->second.buried);
    if (!task.announced || leader_is_dead) dead.push_back(tid);
  }
  for (const pid_t tid : dead) tasks_.erase(tid);
  gone_ += dead.size();
}

void Ledger::move_threads(pid_t from, pid_t process) {
  for (auto& [tid, task] : tasks_) {
    if (task.process == from) task.process = process;
  }
}

std::vector<pid_t> Ledger::tids() const {
  std::vector<pid_t> tids;
  for (const auto& [tid, task] : tasks_) tids.push_back(tid);
  return tids;
}

std::uint64_t Ledger::stop_at_every_boundary(pid_t process) {
  std::uint64_t changed = 0;
  for (auto& [tid, task] : tasks_) {
    if (task.process != process || task.mode == StopMode::syscall) continue;
    task.mode = StopMode::syscall;
    ++changed;
  }
  return changed;
}

}  // namespace snug::tracer
