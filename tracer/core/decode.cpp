// SPDX-License-Identifier: Apache-2.0
#include <linux/ptrace.h>
#include <signal.h>
#include <sys/wait.h>

#include "tracer/core/stop.hpp"

namespace snug::tracer {
namespace {

// PTRACE_O_TRACESYSGOOD marks syscall stops with this bit, so that no signal is mistaken for one.
constexpr int kSyscallStop = SIGTRAP | 0x80;

Call call_of(const SyscallInfo& info) {
  const Arch arch = arch_of_call(info.audit_arch, info.number);
  auto number = static_cast<std::uint32_t>(info.number);
  if (arch == Arch::x32) number &= ~kX32SyscallBit;
  return Call{arch, number, info.audit_arch, info.arguments, info.pointed};
}

Stop decode_syscall(const std::optional<SyscallInfo>& report) {
  if (!report) return SyscallUnread{};
  const SyscallInfo& info = *report;
  switch (info.operation) {
    case SyscallInfo::Operation::entry:
      return SyscallEntered{call_of(info)};
    case SyscallInfo::Operation::seccomp:
      return SyscallFiltered{call_of(info), info.filter_data};
    case SyscallInfo::Operation::exit:
      return SyscallReturned{info.result, info.failed};
  }
  return Passing{};
}

// PTRACE_EVENT_STOP is three things: a group stop with its signal, a seized task's first stop, or the end of a
// group stop; the last two carry SIGTRAP (ptrace(2), "Group-stop").
Stop decode_event_stop(int signo, const WaitReport& report) {
  if (signo == SIGTRAP) return TaskArrived{report.executable};
  return GroupStopped{};
}

// A parent that was killed before it could say whom it bore leaves it to the child to show itself. `usual` is what
// the event is made for; the kernel chooses it by CLONE_VFORK and the exit signal, which say little.
Stop decode_birth(BirthKind usual, const WaitReport& report) {
  if (!report.event_tid) return Passing{};
  return TaskBorn{*report.event_tid, report.birth_kind.value_or(usual)};
}

Stop decode_event(int event, int signo, const WaitReport& report) {
  switch (event) {
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
      return decode_birth(BirthKind::process, report);
    case PTRACE_EVENT_CLONE:
      return decode_birth(BirthKind::thread, report);
    case PTRACE_EVENT_EXEC:
      return Executed{report.event_tid.value_or(report.tid), report.executable, report.in_our_mounts,
                      report.privilege_withheld};
    case PTRACE_EVENT_STOP:
      return decode_event_stop(signo, report);
    case PTRACE_EVENT_SECCOMP:
      return decode_syscall(report.syscall);
    case PTRACE_EVENT_EXIT:
      return EndBegun{};
    default:
      return Passing{};
  }
}

}  // namespace

Stop decode(const WaitReport& report) {
  if (WIFEXITED(report.status)) return Exited{WEXITSTATUS(report.status)};
  if (WIFSIGNALED(report.status)) return Killed{WTERMSIG(report.status)};

  const int signo = WSTOPSIG(report.status);
  const int event = report.status >> 16;
  if (event != 0) return decode_event(event, signo, report);
  if (signo != kSyscallStop) return SignalArrived{signo, report.ends_init};
  return decode_syscall(report.syscall);
}

}  // namespace snug::tracer
