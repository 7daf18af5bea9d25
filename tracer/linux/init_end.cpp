// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/init_end.hpp"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "tracer/linux/proc.hpp"
#include "tracer/linux/registers.hpp"

namespace snug::tracer {
namespace {

bool is_fault(int signo) {
  return signo == SIGSEGV || signo == SIGBUS || signo == SIGILL || signo == SIGFPE || signo == SIGTRAP ||
         signo == SIGSYS;
}

// Sent by nobody: SI_USER and its kin are not positive (sigaction(2)).
bool is_from_kernel(pid_t tid) {
  siginfo_t info{};
  return ptrace(PTRACE_GETSIGINFO, tid, nullptr, &info) == 0 && info.si_code > 0;
}

bool is_init(pid_t tid) {
  const auto numbers = status_numbers(tid, "NStgid");  // from our namespace to its own
  return !numbers.empty() && numbers.back() == 1;
}

bool handles(pid_t tid, int signo) {
  return (status_number(tid, "SigCgt", 16).value_or(0) >> (signo - 1) & 1U) != 0;
}

}  // namespace

bool would_end_init(pid_t tid, int status) {
  const int signo = WSTOPSIG(status);
  return status >> 16 == 0 && is_fault(signo) && is_from_kernel(tid) && is_init(tid) && !handles(tid, signo);
}

// Other faults leave the program before the instruction that faults.
void fault_again(pid_t tid, int signo) {
  if (signo == SIGSYS) step_back(tid, kCallLength);
  if (signo == SIGTRAP) step_back(tid, kTrapStep);
}

bool is_init_without_trap_handler(pid_t tid) {
  return is_init(tid) && !handles(tid, SIGSYS);
}

}  // namespace snug::tracer
