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

#include "tracer/linux/environment.hpp"
#include "tracer/linux/launcher.hpp"
#include "tracer/linux/ptrace_kernel.hpp"
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

Result<Followed> follow_workload(const Workload& workload, Watcher& watcher) {
  SignalForwarder signals;
  PtraceKernel kernel;
  if (const auto checked = check_kernel(); !checked) return checked.error();

  const auto launched = launch({.command = workload.command,
                                .filter = workload.filter,
                                .no_new_privileges = workload.no_new_privileges,
                                .signal_mask = signals.former_mask()});
  if (!launched) return launched.error();
  if (const auto started = signals.start(launched->pid()); !started) {
    kill(launched->pid(), SIGKILL);
    waitpid(launched->pid(), nullptr, __WALL);
    return started.error();
  }

  Session session(launched->pid(), workload.mode, watcher);
  follow(kernel, session, [&] {
    signals.command_ended();
    if (session.alive() != 0) workload.when_only_descendants_are_left(session.alive());
  });

  if (const auto outcome = launched->outcome(workload.command.front()); !outcome) return outcome.error();
  return Followed{.exit = session.command_exit(),
                  .accounting = session.accounting(),
                  .processes = session.processes(),
                  .incomplete_because = session.incomplete_because()};
}

}  // namespace snug::tracer
