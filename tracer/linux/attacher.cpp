// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/attacher.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <utility>

#include "tracer/linux/executable.hpp"
#include "tracer/linux/proc.hpp"
#include "tracer/linux/relatives.hpp"
#include "tracer/linux/seize.hpp"

namespace snug::tracer {
namespace {

bool exists(pid_t tid) {
  return kill(tid, 0) == 0 || errno == EPERM;
}

// Dead, but not yet taken note of by its parent: nothing is left to trace.
bool is_zombie(pid_t tid) {
  return state_of(tid) == 'Z' || state_of(tid) == 'X';
}

class Attacher {
 public:
  // Seizes what is not ours yet of a process; the error is the first thread's, if there is any.
  Result<Done> seize_process(pid_t process);

  // Seizes the descendants of those we have; whether there were any new.
  bool seize_descendants();

  Attached take() { return std::move(attached_); }

 private:
  Result<bool> seize_thread(pid_t process, pid_t tid);

  Attached attached_;
  std::set<pid_t> processes_;
  std::set<pid_t> tids_;
  ExecutableReader executables_;
};

// Whether the thread is a new one.
Result<bool> Attacher::seize_thread(pid_t process, pid_t tid) {
  if (tids_.contains(tid) || are_tracing(tid) || is_zombie(tid)) return false;
  const auto seized = seize(tid, 0);
  if (!seized && (are_tracing(tid) || is_zombie(tid) || !exists(tid))) return false;  // born of ours, or gone
  if (!seized) return seized.error();
  tids_.insert(tid);
  attached_.tasks.push_back({tid, process, executables_.read(tid).value_or(Executable{})});
  ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
  return true;
}

Result<Done> Attacher::seize_process(pid_t process) {
  processes_.insert(process);
  for (bool found = true; found;) {
    found = false;
    for (const pid_t tid : threads_of(process)) {
      const auto is_new = seize_thread(process, tid);
      if (!is_new) return is_new.error();
      found = found || *is_new;
    }
  }
  return Done{};
}

bool Attacher::seize_descendants() {
  std::vector<pid_t> found;
  for (const pid_t process : all_processes()) {
    const auto parent = status_number(process, "PPid");
    const bool is_child = parent && processes_.contains(static_cast<pid_t>(*parent));
    const bool is_wanted = process != getpid() && !processes_.contains(process) && !is_zombie(process);
    if (is_child && is_wanted) found.push_back(process);
  }
  for (const pid_t process : found) {
    const auto seized = seize_process(process);
    if (!seized) attached_.doubts.insert(seized.error().what + ": what it called was not seen");
    if (seized && !are_tracing(process)) {
      attached_.doubts.insert("a process ended while snug attached to it: children that it left may be missing");
    }
  }
  return !found.empty();
}

Error no_such_process(pid_t pid) {
  return {ErrorCode::bad_input, fmt::format("cannot attach to process {}", pid), "there is no such process",
          "look it up: ps -e, pgrep NAME"};
}

}  // namespace

Result<Attached> attach(pid_t pid) {
  const auto process = status_number(pid, "Tgid");
  if (!process || is_zombie(pid)) return no_such_process(pid);
  if (static_cast<pid_t>(*process) == getpid()) {
    return Error{ErrorCode::bad_input, fmt::format("cannot attach to process {}", pid), "that is snug itself",
                 "name the process that you want to observe"};
  }
  Attacher attacher;
  const auto target = static_cast<pid_t>(*process);
  const auto seized = attacher.seize_process(target);
  if (!seized) return seized.error();
  while (attacher.seize_descendants()) continue;
  Attached attached = attacher.take();
  if (attached.tasks.empty()) return no_such_process(pid);
  attached.process = target;
  return attached;
}

}  // namespace snug::tracer
