// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/interruption.hpp"

#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "snug/syscalls.hpp"

namespace snug::tracer {
namespace {

#if defined(__x86_64__)

constexpr long kNotInCall = -1;
constexpr long kRestartUnlessHandled = -514;  // ERESTARTNOHAND in the kernel's include/linux/errno.h

// Calls that fail with EINTR whenever they are woken, sockets with a time limit among them, and have then done
// nothing, so that beginning again is harmless. close(2), which has closed all the same, is none of them.
constexpr std::array<std::string_view, 28> kNeverRestarted{"accept",
                                                           "accept4",
                                                           "connect",
                                                           "epoll_pwait",
                                                           "epoll_pwait2",
                                                           "epoll_wait",
                                                           "io_getevents",
                                                           "io_pgetevents",
                                                           "io_pgetevents_time64",
                                                           "io_uring_enter",
                                                           "ipc",
                                                           "read",
                                                           "readv",
                                                           "recv",
                                                           "recvfrom",
                                                           "recvmmsg",
                                                           "recvmmsg_time64",
                                                           "recvmsg",
                                                           "rt_sigtimedwait",
                                                           "rt_sigtimedwait_time64",
                                                           "semop",
                                                           "semtimedop",
                                                           "semtimedop_time64",
                                                           "sendmsg",
                                                           "sendto",
                                                           "socketcall",
                                                           "write",
                                                           "writev"};
static_assert(std::is_sorted(kNeverRestarted.begin(), kNeverRestarted.end()));

struct Signals {
  std::uint64_t ignored = 0;
  std::uint64_t caught = 0;
};

Signals dispositions_of(pid_t tid) {
  Signals signals;
  std::ifstream file(fmt::format("/proc/{}/status", tid));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("SigIgn:")) signals.ignored = std::stoull(line.substr(7), nullptr, 16);
    if (line.starts_with("SigCgt:")) signals.caught = std::stoull(line.substr(7), nullptr, 16);
  }
  return signals;
}

bool does_nothing(pid_t tid, int signo) {
  const Signals signals = dispositions_of(tid);
  const std::uint64_t bit = std::uint64_t{1} << (signo - 1);
  const bool harmless = signo == SIGCHLD || signo == SIGCONT || signo == SIGURG || signo == SIGWINCH;
  return (signals.ignored & bit) != 0 || (harmless && (signals.caught & bit) == 0);
}

long peek(pid_t tid, std::size_t place) {
  return ptrace(PTRACE_PEEKUSER, tid, place, nullptr);
}

constexpr std::size_t kNumberPlace = offsetof(user_regs_struct, orig_rax);
constexpr std::size_t kResultPlace = offsetof(user_regs_struct, rax);

// Not in a call, and so not interrupted in one, is also whoever could not be asked, since it was killed.
bool was_interrupted(pid_t tid) {
  return peek(tid, kNumberPlace) != kNotInCall && static_cast<int>(peek(tid, kResultPlace)) == -EINTR;
}

bool is_never_restarted(pid_t tid) {
  __ptrace_syscall_info info;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) <= 0) return false;
  const auto number = static_cast<std::uint32_t>(peek(tid, kNumberPlace));
  const Arch arch = arch_of_call(info.arch, number);
  const auto name = syscall_name(arch, arch == Arch::x32 ? number & ~kX32SyscallBit : number);
  return name && std::binary_search(kNeverRestarted.begin(), kNeverRestarted.end(), *name);
}

void begin_again(pid_t tid) {
  if (!was_interrupted(tid) || !is_never_restarted(tid)) return;
  ptrace(PTRACE_POKEUSER, tid, kResultPlace, kRestartUnlessHandled);
}

// Without a tracer too, a call that a stop interrupts fails. The SIGCONT after it must not make it begin again.
void let_fail(pid_t tid) {
  if (was_interrupted(tid)) ptrace(PTRACE_POKEUSER, tid, kNumberPlace, kNotInCall);
}

#endif

}  // namespace

void hide_interruption([[maybe_unused]] pid_t tid, [[maybe_unused]] int status) {
#if defined(__x86_64__)
  if (!WIFSTOPPED(status)) return;
  const int signo = WSTOPSIG(status);
  const int event = status >> 16;
  if (event == PTRACE_EVENT_STOP) return signo == SIGTRAP ? begin_again(tid) : let_fail(tid);
  if (event == 0 && signo != (SIGTRAP | 0x80) && does_nothing(tid, signo)) begin_again(tid);
#endif
}

}  // namespace snug::tracer
