// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/registers.hpp"

#include <elf.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include <cerrno>
#include <cstddef>

#include "tracer/linux/trace_filter.hpp"

namespace snug::tracer {
namespace {

// Failures here mean that the task was killed, which wait() will report.

#if defined(__x86_64__)

int call_number(pid_t tid) {
  return static_cast<int>(ptrace(PTRACE_PEEKUSER, tid, offsetof(struct user_regs_struct, orig_rax), nullptr));
}

void set_call_number(pid_t tid, int number) {
  ptrace(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, orig_rax), static_cast<long>(number));
}

void set_result(pid_t tid, long result) {
  ptrace(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, rax), result);
}

void move_on(pid_t tid, long bytes) {
  constexpr auto kPlace = offsetof(struct user_regs_struct, rip);
  ptrace(PTRACE_POKEUSER, tid, kPlace, ptrace(PTRACE_PEEKUSER, tid, kPlace, nullptr) + bytes);
}

void set_first_argument(pid_t tid, Arch arch, std::uint64_t value) {
  if (arch != Arch::i386) {
    ptrace(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, rdi), value);
    return;
  }
  // The upper half is no part of the call, and a 64-bit program's own.
  constexpr auto kPlace = offsetof(struct user_regs_struct, rbx);
  const auto before = static_cast<std::uint64_t>(ptrace(PTRACE_PEEKUSER, tid, kPlace, nullptr));
  ptrace(PTRACE_POKEUSER, tid, kPlace, (before & ~std::uint64_t{UINT32_MAX}) | value);
}

#elif defined(__aarch64__)

int call_number(pid_t tid) {
  int number = -1;
  iovec place{&number, sizeof(number)};
  ptrace(PTRACE_GETREGSET, tid, NT_ARM_SYSCALL, &place);
  return number;
}

void set_call_number(pid_t tid, int number) {
  iovec place{&number, sizeof(number)};
  ptrace(PTRACE_SETREGSET, tid, NT_ARM_SYSCALL, &place);
}

void set_result(pid_t tid, long result) {
  user_regs_struct registers{};
  iovec place{&registers, sizeof(registers)};
  if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &place) != 0) return;
  registers.regs[0] = static_cast<unsigned long long>(result);
  ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &place);
}

void move_on(pid_t tid, long bytes) {
  user_regs_struct registers{};
  iovec place{&registers, sizeof(registers)};
  if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &place) != 0) return;
  registers.pc += static_cast<unsigned long long>(bytes);
  ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &place);
}

// The register is the result's, too, so that at the return it is the program's no more.
void set_first_argument(pid_t tid, Arch, std::uint64_t value) {
  __ptrace_syscall_info info;
  const long size = ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info);
  if (size > 0 && info.op != PTRACE_SYSCALL_INFO_EXIT) set_result(tid, static_cast<long>(value));
}

#else
#error "snug can change system calls on x86_64 and aarch64 only"
#endif

// The number -1 is no call: the kernel skips it and leaves the result register as it is.
void fail_call(pid_t tid, int errno_value) {
  set_call_number(tid, -1);
  set_result(tid, -errno_value);
}

}  // namespace

void set_birth_flags(pid_t tid, const BirthFlags& flags) {
  if (!flags.address) return set_first_argument(tid, flags.arch, flags.value);
  ptrace(PTRACE_POKEDATA, tid, *flags.address, flags.value);
}

void set_call_result(pid_t tid, std::int64_t result) {
  set_result(tid, static_cast<long>(result));
}

void step_back(pid_t tid, long bytes) {
  move_on(tid, -bytes);
}

void refuse_call(pid_t tid, Verdict verdict) {
  switch (verdict.action) {
    case Action::allow:
    case Action::log:
      return;
    case Action::notify:  // in production, without its listener or its tracer, the kernel answers ENOSYS
    case Action::trace:
      return fail_call(tid, ENOSYS);
    case Action::fail:
      return fail_call(tid, verdict.errno_value);
    case Action::trap:
      return set_call_number(tid, number_meaning_trap(call_number(tid)));
    case Action::kill_thread:
    case Action::kill_process:
      return set_call_number(tid, number_meaning_kill(verdict.action));
  }
}

void name_trapped_call(pid_t tid) {
  constexpr int kFilterTrapped = 1;  // SYS_SECCOMP, which older C libraries do not define
  siginfo_t info{};
  if (ptrace(PTRACE_GETSIGINFO, tid, nullptr, &info) != 0 || info.si_code != kFilterTrapped) return;
  const auto number = trapped_call(info.si_syscall);
  if (!number) return;
  info.si_syscall = *number;
  ptrace(PTRACE_SETSIGINFO, tid, nullptr, &info);
#if defined(__x86_64__)
  set_result(tid, *number);  // where the kernel leaves the number; on aarch64 that is no register the handler sees
#endif
}

}  // namespace snug::tracer
