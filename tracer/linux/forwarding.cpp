// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/forwarding.hpp"

#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracer/linux/relatives.hpp"

namespace snug::tracer {
namespace {

// In si_errno, which nobody else uses for these signals: that it was us, and which si_code it really had.
constexpr int kForwarded = 0x534e5500;
constexpr int kRealCode = 0xff;

bool is_forwarded(const siginfo_t& info) {
  return info.si_code == SI_QUEUE && (info.si_errno & ~kRealCode) == kForwarded;
}

}  // namespace

bool is_sent_by_workload(const signalfd_siginfo& info) {
  const bool by_process = info.ssi_code == SI_USER || info.ssi_code == SI_QUEUE || info.ssi_code == SI_TKILL;
  const bool stands_for_workload = getpid() == 1;  // in a container, where the workload signals "process 1"
  return by_process && !stands_for_workload && are_tracing(static_cast<pid_t>(info.ssi_pid));
}

void forward_signal(pid_t process, const signalfd_siginfo& info) {
  const auto signo = static_cast<int>(info.ssi_signo);
  siginfo_t forwarded{};
  forwarded.si_signo = signo;
  forwarded.si_code = SI_QUEUE;
  forwarded.si_errno = kForwarded | (info.ssi_code & kRealCode);
  forwarded.si_pid = static_cast<pid_t>(info.ssi_pid);
  forwarded.si_uid = info.ssi_uid;
  memcpy(&forwarded.si_value, &info.ssi_ptr, sizeof(forwarded.si_value));
  // A full queue (RLIMIT_SIGPENDING) keeps no kill(2) from coming through.
  if (syscall(SYS_rt_sigqueueinfo, process, signo, &forwarded) != 0) kill(process, signo);
}

void restore_forwarded(pid_t tid, int status) {
  const bool is_delivery = WIFSTOPPED(status) && status >> 16 == 0 && WSTOPSIG(status) != (SIGTRAP | 0x80);
  siginfo_t info{};
  if (!is_delivery || ptrace(PTRACE_GETSIGINFO, tid, nullptr, &info) != 0 || !is_forwarded(info)) return;
  const int code = info.si_errno & kRealCode;
  info.si_code = code > SI_KERNEL ? code - kRealCode - 1 : code;  // negative ones were cut to a byte
  info.si_errno = 0;
  ptrace(PTRACE_SETSIGINFO, tid, nullptr, &info);
}

}  // namespace snug::tracer
