// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/session.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

namespace snug::tracer {
namespace {

// EINTR and the kernel's own codes for a call that it will make again (include/linux/errno.h).
bool is_interruption(const SyscallReturned& outcome) {
  return outcome.failed && (outcome.result == -EINTR || (outcome.result <= -512 && outcome.result >= -516));
}

// Whether a task that we have interrupted can go on from here without noticing. A call that it is about to make
// would fail, and so would one that the interruption ended: that is begun again only where a task stops for nothing
// but having been interrupted.
bool may_part_at(const Stop& stop) {
  if (std::holds_alternative<SyscallEntered>(stop) || std::holds_alternative<SyscallFiltered>(stop)) return false;
  const auto* const returned = std::get_if<SyscallReturned>(&stop);
  return returned == nullptr || !is_interruption(*returned);
}

}  // namespace

// One overload a kind of stop: a new kind does not compile until someone decides about it.
struct Session::Visitor {
  Session& session;
  pid_t tid;

  Resume go_on(int signo = 0) const { return session.go_on(tid, session.task_of(tid), signo); }
  Resume gone() const { return {.tid = tid, .until = Resume::Until::never}; }

  Resume operator()(const SyscallEntered& stop) const {
    ++session.syscall_stops_;
    session.task_of(tid).entered = true;
    return session.enter(tid, stop.call, 0);
  }

  Resume operator()(const SyscallFiltered& stop) const {
    ++session.syscall_stops_;
    Task& task = session.task_of(tid);
    if (session.is_foreign(task, stop)) {
      Resume order = task.entered ? go_on() : session.enter(tid, stop.call, stop.filter_data);
      order.refuse = Verdict{.action = Action::trace, .errno_value = 0};
      return order;
    }
    task.traced_by_runtime = task.launching && session.is_attached_;
    return task.entered ? go_on() : session.enter(tid, stop.call, stop.filter_data);
  }

  Resume operator()(const SyscallReturned& stop) const {
    ++session.syscall_stops_;
    return session.leave(tid, stop);
  }

  Resume operator()(const SyscallUnread&) const {
    ++session.syscall_stops_;
    ++session.unread_;
    session.task_of(tid).doubt = "made a call that could not be read";
    return go_on();
  }

  Resume operator()(const TaskBorn& stop) const {
    Task& parent = session.task_of(tid);
    if (parent.open_call) parent.open_call->gave_birth = true;
    if (stop.kind == BirthKind::process) ++session.processes_;
    session.ledger_.announce(stop.child, stop.kind, parent);
    return go_on();
  }

  Resume operator()(const TaskArrived& stop) const {
    session.ledger_.begin(tid);
    session.watcher_.begun(tid);
    Task& task = session.task_of(tid);
    if (stop.executable && !task.announced) task.executable = *stop.executable;
    return go_on();
  }

  Resume operator()(const Executed& stop) const {
    session.ledger_.take_over(stop.former_tid, tid);
    session.watcher_.moved(stop.former_tid, tid);
    Task& task = session.task_of(tid);
    const bool launched = task.launching && session.launch(tid, task, stop.in_our_mounts);
    task.executable = stop.executable.value_or(Executable{});
    ++session.execs_;
    if (stop.privilege_withheld) {
      session.doubts_.insert(
          fmt::format("{} would give privilege (setuid, setgid or file capabilities) but not under an unprivileged "
                      "tracer: what it "
                      "calls with it was not seen (trace as root)",
                      task.executable.path.empty() ? "a program" : task.executable.path));
    }
    Resume order = go_on();
    order.dies_with_us = launched && session.needs_us();
    return order;
  }

  Resume operator()(const GroupStopped&) const { return {.tid = tid, .until = Resume::Until::continued}; }

  Resume operator()(const SignalArrived& stop) const {
    return stop.ends_init ? session.let_die(tid, stop.signo) : go_on(stop.signo);
  }

  Resume operator()(const EndBegun&) const { return session.bury(tid); }

  Resume operator()(const Exited& stop) const {
    session.end(tid, {.code = stop.code, .signo = std::nullopt});
    return gone();
  }

  Resume operator()(const Killed& stop) const {
    session.end(tid, {.code = std::nullopt, .signo = stop.signo});
    return gone();
  }

  Resume operator()(const Passing&) const { return go_on(); }
};

Session::Session(pid_t command, StopMode mode, Watcher& watcher)
    : command_(command), mode_(mode), watcher_(watcher) {
  Task first;
  first.mode = mode;
  first.launching = true;
  ledger_.announce(command, BirthKind::process, first);
  task_of(command).in_call = true;  // it waits for us
}

Session::Session(pid_t target, const std::vector<Seized>& tasks, Watcher& watcher, Attaching to)
    : command_(target),
      mode_(watcher.wants_every_call() ? StopMode::syscall : StopMode::seccomp),
      to_(to),
      watcher_(watcher),
      is_attached_(true) {
  std::set<pid_t> processes;
  for (const Seized& seized : tasks) {
    Task task;
    task.mode = mode_;
    task.process = seized.process;
    task.announced = true;
    task.has_threads = true;  // for all we know
    task.in_call = true;
    task.executable = seized.executable;
    task.launching = to != Attaching::workload;
    ledger_.adopt(seized.tid, task);
    processes.insert(seized.process);
  }
  processes_ = processes.size();
}

Resume Session::handle(const WaitReport& report) {
  ++stops_;
  const Stop stop = decode(report);
  if (Task* const task = ledger_.find(report.tid)) check_doubt(*task, stop);
  Resume order = std::visit(Visitor{*this, report.tid}, stop);
  if (!letting_go_ || may_part_at(stop)) return letting_go_ ? bid_farewell(order) : order;
  order.stop_again = true;  // whatever stop a task makes is taken for the one it was asked for
  return order;
}

// A filter that asks for its tracer fails every call that it stops when there is none.
bool Session::needs_us() const {
  return is_attached_ && mode_ == StopMode::seccomp;
}

std::vector<pid_t> Session::let_go() {
  if (needs_us()) return {};
  letting_go_ = true;
  return ledger_.tids();
}

void Session::settle(const std::vector<pid_t>& left_behind) {
  ledger_.settle();
  for (const pid_t tid : left_behind) {
    if (ledger_.find(tid) != nullptr) ledger_.let_go(tid);
  }
}

// Wherever the task stopped, it goes on as if we had never been there.
Resume Session::bid_farewell(Resume order) {
  if (order.until == Resume::Until::never || order.until == Resume::Until::ended) return order;
  if (const auto& open = task_of(order.tid).open_call) order.birth_flags = open->asked_flags;
  order.until = Resume::Until::detached;
  ledger_.let_go(order.tid);
  return order;
}

// A task whose call could not be read was killed before it made it: it ends, or another thread's exec replaces it.
// One that returns from a call that we did not see it enter has taken over the leader's id in an exec, which then
// failed past the point of no return. If either lives on, the kernel kept something from us.
void Session::check_doubt(Task& task, const Stop& stop) {
  const bool dies = std::holds_alternative<EndBegun>(stop) || std::holds_alternative<Exited>(stop) ||
                    std::holds_alternative<Killed>(stop) || std::holds_alternative<Executed>(stop);
  // A signal may be what kills it, and what returns may be the failed exec of whoever took its place.
  if (std::holds_alternative<SignalArrived>(stop) || std::holds_alternative<SyscallReturned>(stop)) return;
  const std::string_view doubt = std::exchange(task.doubt, {});
  if (!doubt.empty() && !dies) doubts_.insert(fmt::format("{} {}", task.executable.path, doubt));
}

// A child may show itself before its parent announces it. Whether it inherited a filter of its parent's own is then
// unknown, so it makes the stops that no filter can hide until the announcement says more.
Task& Session::task_of(pid_t tid) {
  if (Task* const task = ledger_.find(tid)) return *task;
  Task stranger;
  stranger.mode = own_filters_ ? StopMode::syscall : mode_;
  stranger.launching = to_ == Attaching::runtime && !is_launched_;
  return ledger_.arrive(tid, stranger);
}

Resume Session::go_on(pid_t tid, const Task& task, int signo) const {
  // Of a runtime only births and execs count; its many calls need not stop.
  if (task.launching && to_ == Attaching::runtime && !task.entered)
    return {.tid = tid, .until = Resume::Until::next_filtered, .signo = signo};
  // What entered a call is to leave it too, even if its mode has changed meanwhile: the next filter's stop would
  // otherwise pass for a second showing of that call.
  const bool every_boundary = task.mode == StopMode::syscall || task.open_call || task.entered;
  return {.tid = tid,
          .until = every_boundary ? Resume::Until::next_boundary : Resume::Until::next_filtered,
          .signo = signo};
}

// The task executes a program; whether that is the workload's: in a runtime it may be another of its own. Its call
// has begun, seen or not.
bool Session::launch(pid_t tid, Task& task, bool in_our_mounts) {
  if (to_ == Attaching::runtime && in_our_mounts) return false;
  task.launching = false;
  task.in_call = true;
  if (task.traced_by_runtime) mode_ = task.mode = StopMode::seccomp;
  if (to_ == Attaching::runtime && !is_launched_) command_ = tid;
  is_launched_ = true;
  return true;
}

// Whether a filter of the workload's own asks for a tracer of its own. Without us there is none, and the call
// fails.
bool Session::is_foreign(const Task& task, const SyscallFiltered& stop) const {
  if (!watcher_.wants_every_call()) return false;
  return stop.filter_data != kTraceMark || (mode_ == StopMode::syscall && !task.launching);
}

Resume Session::enter(pid_t tid, const Call& call, std::uint16_t filter_data) {
  Task& task = task_of(tid);
  if (!task.launching) ++calls_;
  task.in_call = true;
  task.open_call.reset();  // one may be left over: an emulated vsyscall has no return
  const Decision decision = watcher_.entered({tid, task.launching, task.executable}, call, filter_data);
  const BlindSpot spot = task.launching ? BlindSpot::none : blind_spot_of(call);
  if (decision.watch_outcome || decision.succeed || spot != BlindSpot::none) {
    task.open_call = OpenCall{.call = call,
                              .executable = task.executable,
                              .blind_spot = spot,
                              .is_watched = decision.watch_outcome,
                              .gave_birth = false,
                              .succeeds = decision.succeed,
                              .asked_flags = std::nullopt};
  }
  Resume order = go_on(tid, task);
  order.refuse = decision.refuse;
  if (spot == BlindSpot::birth) order.birth_flags = show_child(*task.open_call);
  return order;
}

// An untraced child would have no tracer to answer our filter, which would fail its every call with ENOSYS: the
// flags without CLONE_UNTRACED. They are put back when the call returns; the child keeps ours.
std::optional<BirthFlags> Session::show_child(OpenCall& open) const {
  auto flags = birth_flags_of(open.call);
  if (letting_go_ || !flags || (flags->value & kHidesChild) == 0) return std::nullopt;
  open.asked_flags = flags;
  flags->value &= ~kHidesChild;
  return flags;
}

Resume Session::leave(pid_t tid, const SyscallReturned& outcome) {
  Task& task = task_of(tid);
  if (!std::exchange(task.in_call, false)) {
    task.doubt = "returned from a call whose beginning was not seen";
  }
  task.entered = false;
  const auto open = std::exchange(task.open_call, std::nullopt);
  if (!open) return go_on(tid, task);
  note_blind_spot(task, *open, outcome);
  const bool is_our_doing = letting_go_ && is_interruption(outcome);
  if (open->is_watched && !is_our_doing) {
    watcher_.returned({tid, task.launching, open->executable}, open->call, outcome);
  }
  Resume order = go_on(tid, task);
  order.birth_flags = open->asked_flags;
  if (open->succeeds) order.result = 0;
  return order;
}

void Session::note_blind_spot(Task& task, const OpenCall& open, const SyscallReturned& outcome) {
  const std::string& who = open.executable.path;
  switch (open.blind_spot) {
    case BlindSpot::none:
      return;
    case BlindSpot::own_filter:
      if (!outcome.failed) note_own_filter(task, false);
      return;
    case BlindSpot::own_filter_everywhere:
      if (installed_everywhere(open.call, outcome.result)) note_own_filter(task, true);
      return;
    case BlindSpot::strict_mode:
      if (outcome.failed && task.mode == StopMode::seccomp) {
        doubts_.insert(fmt::format(
            "{} asked for seccomp's strict mode, which our filter prevents (use --stops=syscall)", who));
      }
      return;
    case BlindSpot::birth:
      if (outcome.result > 0 && !open.gave_birth) {
        doubts_.insert(
            fmt::format("{} created a child with CLONE_UNTRACED: the calls of that child were not seen", who));
      }
      return;
    case BlindSpot::tracing:
      if (outcome.result == -EPERM) {
        doubts_.insert(
            fmt::format("{} wanted to trace or be traced, which is possible only once: what it would "
                        "have called was not seen",
                        who));
      }
      return;
  }
}

void Session::note_own_filter(Task& task, bool everywhere) {
  if (!watcher_.wants_every_call()) {
    doubts_.insert(
        fmt::format("{} installed a seccomp filter of its own: what that refuses was not compared with the profile",
                    task.executable.path));
    return;
  }
  own_filters_ = true;
  task.mode = StopMode::syscall;
  task.filters_itself = true;
  if (everywhere && ledger_.stop_at_every_boundary(task.process) != 0) {
    doubts_.insert(fmt::format(
        "{} put a seccomp filter of its own on all its threads at once (SECCOMP_FILTER_FLAG_TSYNC): a call that it "
        "refused to another thread may be missing",
        task.executable.path));
  }
}

// The kernel would tell us of a process's end first and let its parent have it only afterwards, while a pidfd
// already says that it has ended (pidfd_open(2)): a parent that asks in between is told that its child lives. How
// the command ends is for us to know. One that no parent has announced may be a thread.
Resume Session::bury(pid_t tid) {
  const Task& task = task_of(tid);
  if (tid == command_ || !task.announced || task.process != tid) return go_on(tid, task);
  watcher_.ended(tid);
  ledger_.bury(tid);
  return {.tid = tid, .until = Resume::Until::ended};
}

// The kernel ends the first process of a pid namespace only where nobody traces it.
Resume Session::let_die(pid_t tid, int signo) {
  const Task& task = task_of(tid);
  if (tid == command_ && !command_ended()) command_exit_ = {.code = std::nullopt, .signo = signo};
  watcher_.ended(tid);
  if (task.process == tid) {
    ledger_.bury(tid);
  } else {
    ledger_.end(tid);
  }
  return {.tid = tid, .until = Resume::Until::ended, .signo = signo};
}

void Session::end(pid_t tid, ExitStatus status) {
  const bool is_the_command = tid == command_ && (to_ != Attaching::runtime || is_launched_);
  if (is_the_command && !command_ended()) command_exit_ = status;
  watcher_.ended(tid);
  ledger_.end(tid);
}

Accounting Session::accounting() const {
  return {.tasks_born = ledger_.born(),
          .tasks_attached = ledger_.attached(),
          .tasks_gone = ledger_.gone(),
          .tasks_detached = ledger_.detached(),
          .execs = execs_,
          .stops = stops_,
          .syscall_stops = syscall_stops_,
          .calls = calls_,
          .unread = unread_};
}

std::set<std::string> Session::final_doubts() const {
  std::set<std::string> doubts = doubts_;
  if (!ledger_.balances()) {
    doubts.insert(fmt::format("{} tasks were born but {} ended: the rest was lost sight of",
                              ledger_.born() + ledger_.attached(), ledger_.gone() + ledger_.detached()));
  }
  return doubts;
}

}  // namespace snug::tracer
