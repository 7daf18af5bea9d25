// SPDX-License-Identifier: Apache-2.0
// A kernel that says what a test wants, in the order a test wants: every race of births, deaths and execs can be
// played.
#pragma once

#include <linux/audit.h>
#include <linux/ptrace.h>
#include <signal.h>

#include <deque>
#include <utility>
#include <vector>

#include "tracer/core/kernel.hpp"

namespace snug::tracer::script {

inline constexpr int stopped_by(int signo, int event = 0) {
  return (event << 16) | (signo << 8) | 0x7f;
}

inline SyscallInfo call_info(SyscallInfo::Operation operation, std::uint64_t number,
                             std::uint32_t audit_arch = AUDIT_ARCH_X86_64) {
  SyscallInfo info;
  info.operation = operation;
  info.number = number;
  info.audit_arch = audit_arch;
  return info;
}

inline WaitReport report(pid_t tid, int status) {
  WaitReport made;
  made.tid = tid;
  made.status = status;
  return made;
}

inline WaitReport ending(pid_t tid) {
  return report(tid, stopped_by(SIGTRAP, PTRACE_EVENT_EXIT));
}
inline WaitReport exited(pid_t tid, int code) {
  return report(tid, code << 8);
}
inline WaitReport killed(pid_t tid, int signo) {
  return report(tid, signo);
}
inline WaitReport signalled(pid_t tid, int signo) {
  return report(tid, stopped_by(signo));
}
inline WaitReport group_stopped(pid_t tid, int signo) {
  return report(tid, stopped_by(signo, PTRACE_EVENT_STOP));
}

inline WaitReport arrived(pid_t tid, Executable executable) {
  WaitReport made = report(tid, stopped_by(SIGTRAP, PTRACE_EVENT_STOP));
  made.executable = std::move(executable);
  return made;
}

inline WaitReport born(pid_t parent, int event, pid_t child) {
  WaitReport made = report(parent, stopped_by(SIGTRAP, event));
  made.event_tid = child;
  return made;
}

inline WaitReport executed(pid_t tid, pid_t former_tid, Executable executable) {
  WaitReport made = born(tid, PTRACE_EVENT_EXEC, former_tid);
  made.executable = std::move(executable);
  return made;
}

inline WaitReport filtered(pid_t tid, SyscallInfo info) {
  WaitReport made = report(tid, stopped_by(SIGTRAP, PTRACE_EVENT_SECCOMP));
  made.syscall = info;
  return made;
}

inline WaitReport filtered(pid_t tid, std::uint64_t number) {
  SyscallInfo info = call_info(SyscallInfo::Operation::seccomp, number);
  info.filter_data = kTraceMark;
  return filtered(tid, info);
}

inline WaitReport entered(pid_t tid, std::uint64_t number) {
  WaitReport made = report(tid, stopped_by(SIGTRAP | 0x80));
  made.syscall = call_info(SyscallInfo::Operation::entry, number);
  return made;
}

inline WaitReport returned(pid_t tid, std::int64_t result) {
  WaitReport made = report(tid, stopped_by(SIGTRAP | 0x80));
  made.syscall = call_info(SyscallInfo::Operation::exit, 0);
  made.syscall->result = result;
  made.syscall->failed = result < 0;
  return made;
}

class ScriptedKernel final : public Kernel {
 public:
  explicit ScriptedKernel(std::vector<WaitReport> reports) : reports_(reports.begin(), reports.end()) {}

  News wait() override {
    if (reports_.empty()) return Over{};
    WaitReport next = std::move(reports_.front());
    reports_.pop_front();
    return next;
  }

  void resume(const Resume& order) override { orders.push_back(order); }
  void interrupt(pid_t tid) override { interrupted.push_back(tid); }

  std::vector<Resume> orders;
  std::vector<pid_t> interrupted;

 private:
  std::deque<WaitReport> reports_;
};

}  // namespace snug::tracer::script
