// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/workload.hpp"

#include <fmt/format.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "tracer/linux/attacher.hpp"
#include "tracer/linux/environment.hpp"
#include "tracer/linux/launcher.hpp"
#include "tracer/linux/proc.hpp"
#include "tracer/linux/ptrace_kernel.hpp"
#include "tracer/linux/rouser.hpp"
#include "tracer/linux/signals.hpp"

namespace snug::tracer {

namespace {

// Asks PTRACE_GET_SYSCALL_INFO about a child made for the purpose; 0, or the errno it failed with. A child that
// cannot be made or seized is no answer: launching the workload will fail for the same reason, and say so.
int probe_syscall_info() {
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return 0;
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (getppid() == parent) pause();  // it may have died before it could take us along
    _exit(0);
  }
  int failure = 0;
  if (ptrace(PTRACE_SEIZE, child, nullptr, PTRACE_O_EXITKILL) == 0) {
    ptrace(PTRACE_INTERRUPT, child, nullptr, nullptr);
    waitpid(child, nullptr, __WALL);
    __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info) < 0) failure = errno;
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, __WALL);
  return failure;
}

}  // namespace

// Kernel versions are no proof: sandboxes that imitate Linux name one and lack the request.
Result<Done> check_kernel() {
  if (!proc_is_ours()) {
    return Error{ErrorCode::unsupported, "cannot see in /proc which program a process runs",
                 "/proc is not mounted, or belongs to another pid namespace",
                 "mount -t proc proc /proc; unshare does it with --mount-proc"};
  }
  const int failure = probe_syscall_info();
  if (failure == 0) return Done{};
  Error error{ErrorCode::unsupported, "this kernel cannot tell a tracer about system calls",
              fmt::format("Linux {} lacks PTRACE_GET_SYSCALL_INFO", this_host().kernel), "use Linux 5.3 or newer"};
  if (failure != EIO) {
    error.because = fmt::format("PTRACE_GET_SYSCALL_INFO: {}; something around snug forbids it", strerror(failure));
    error.remedy = "run snug outside of the sandbox, or allow it ptrace";
  }
  return error;
}

namespace {

// Serves what other threads of ours wish for, until the last task is gone or let go.
Followed attend(PtraceKernel& kernel, Session& session, Rouser& rouser, const Occasions& occasions) {
  const auto let_go = [&] {
    for (const pid_t tid : session.let_go()) kernel.interrupt(tid);
  };
  const auto command_ended = [&] {
    if (occasions.command_ended(session.alive()) == Then::let_go) let_go();
  };
  const auto roused = [&] {
    const unsigned wishes = rouser.take();
    if (includes(wishes, Wish::checkpoint)) occasions.checkpoint(session);
    if (includes(wishes, Wish::phase)) occasions.phase();
    if (includes(wishes, Wish::let_go)) let_go();
  };
  follow(kernel, session, {.command_ended = command_ended, .roused = roused});
  rouser.stop_listening();

  Followed followed{.exit = session.command_exit(),
                    .mode = session.mode(),
                    .accounting = session.accounting(),
                    .processes = session.processes(),
                    .doubts = session.final_doubts()};
  if (followed.accounting.stops != kernel.reports()) {
    followed.doubts.insert(fmt::format("{} of {} stops were not handled",
                                       kernel.reports() - followed.accounting.stops, kernel.reports()));
  }
  return followed;
}

}  // namespace

Result<Followed> follow_workload(const Workload& workload, Watcher& watcher) {
  Rouser rouser;
  SignalForwarder signals(rouser, workload.occasions.phase_signo);
  PtraceKernel kernel(rouser, workload.survives ? OurEnd::lets_go : OurEnd::kills);
  if (const auto checked = check_kernel(); !checked) return checked.error();

  const auto launched = launch({.command = workload.command,
                                .filter = workload.filter,
                                .no_new_privileges = workload.no_new_privileges,
                                .signal_mask = rouser.former_mask(),
                                .child_action = rouser.former_action(),
                                .identity = workload.identity,
                                .survives = workload.survives});
  if (!launched) return launched.error();
  Timer checkpoints;
  Result<Done> started = signals.start(launched->pid());
  if (started) started = checkpoints.start(rouser, Wish::checkpoint, workload.occasions.checkpoint_period);
  if (!started) {
    kill(launched->pid(), SIGKILL);
    waitpid(launched->pid(), nullptr, __WALL);
    return started.error();
  }

  Session session(launched->pid(), workload.mode, watcher);
  Occasions occasions = workload.occasions;
  occasions.command_ended = [&](std::uint64_t alive) {
    signals.command_ended();
    return workload.occasions.command_ended(alive);
  };
  const Followed followed = attend(kernel, session, rouser, occasions);
  if (const auto outcome = launched->outcome(workload.command.front()); !outcome) return outcome.error();
  return followed;
}

Result<Followed> follow_target(const Target& target, Watcher& watcher) {
  Rouser rouser;
  SignalForwarder signals(rouser, target.occasions.phase_signo);
  if (const auto checked = check_kernel(); !checked) return checked.error();
  Timer checkpoints;
  Timer end;
  Result<Done> started = signals.start_attached();
  if (started) started = checkpoints.start(rouser, Wish::checkpoint, target.occasions.checkpoint_period);
  if (started) started = end.start(rouser, Wish::let_go, target.duration);
  if (!started) return started.error();

  const auto attached = attach(target.pid);
  if (!attached) {
    rouser.stop_listening();  // or a timer would wait for ever to be heard
    return attached.error();
  }
  PtraceKernel kernel(rouser, OurEnd::lets_go, attached->tasks);
  Session session(attached->process, attached->tasks, watcher, target.to);
  target.occasions.attached(session.processes(), attached->tasks.size());
  Followed followed = attend(kernel, session, rouser, target.occasions);
  followed.doubts.insert(attached->doubts.begin(), attached->doubts.end());
  return followed;
}

}  // namespace snug::tracer
