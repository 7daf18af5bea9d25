// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/privilege.hpp"

#include <fmt/format.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>

#include "tracer/linux/proc.hpp"

namespace snug::tracer {
namespace {

bool has_effective(int capability) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return false;
  const auto bit = static_cast<unsigned>(capability);
  return (sets.at(bit / 32).effective & (1U << (bit % 32))) != 0;
}

// A thread of the kernel's own has no memory.
bool is_kernel_thread(pid_t tid) {
  return status_number(tid, "Uid") && !status_number(tid, "VmSize");
}

int yama_scope() {
  std::ifstream file("/proc/sys/kernel/yama/ptrace_scope");
  int scope = 0;
  file >> scope;
  return file ? scope : 0;
}

}  // namespace

bool may_install_filter() {
  return has_effective(CAP_SYS_ADMIN) || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

// The kernel reads the program before it asks for permission: EFAULT says that the call itself would be served.
bool filters_available() {
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, nullptr) == -1 && errno == EFAULT;
}

bool runs_under_filter() {
  return status_number(0, "Seccomp") == SECCOMP_MODE_FILTER;
}

bool is_privileged() {
  return has_effective(CAP_SYS_PTRACE);
}

PtraceObstacles find_ptrace_obstacles(pid_t target) {
  return {.yama_scope = yama_scope(),
          .current_tracer = static_cast<pid_t>(status_number(target, "TracerPid").value_or(0)),
          .filtered = runs_under_filter(),
          .is_kernels = is_kernel_thread(target),
          .is_others = status_number(target, "Uid") != getuid(),
          .privileged = is_privileged()};
}

Error explain_seize_failure(pid_t target, int errno_value, const PtraceObstacles& obstacles) {
  Error error{ErrorCode::not_permitted, fmt::format("cannot trace process {}: {}", target, strerror(errno_value)),
              "the kernel does not say more",
              "run 'snug trace' as root to find out whether a permission is missing"};
  if (obstacles.current_tracer != 0) {
    error.because = fmt::format("process {} already traces it, and a process can have only one tracer",
                                obstacles.current_tracer);
    error.remedy = "do not run snug under strace, gdb or another tracer";
  } else if (obstacles.is_kernels) {
    error.because = fmt::format("process {} is a thread of the kernel, which makes no system calls", target);
    error.remedy = "name the process that you want to observe";
  } else if (obstacles.yama_scope == 3) {
    error.because = "kernel.yama.ptrace_scope is 3, so nobody may use ptrace until the next boot";
    error.remedy = "set kernel.yama.ptrace_scope to 1 in /etc/sysctl.d and reboot";
  } else if (obstacles.yama_scope == 2) {
    error.because = "kernel.yama.ptrace_scope is 2, so only a process with CAP_SYS_PTRACE may use ptrace";
    error.remedy = "run snug as root, or 'sysctl kernel.yama.ptrace_scope=1'";
  } else if (!obstacles.privileged && obstacles.is_others) {
    error.because = fmt::format("process {} is another user's, and snug has no CAP_SYS_PTRACE", target);
    error.remedy = "run snug as root, or as that user";
  } else if (!obstacles.privileged && obstacles.yama_scope == 1) {
    error.because = "kernel.yama.ptrace_scope is 1, so a process may trace only its own descendants";
    error.remedy = "start the program as 'snug trace -- COMMAND', or run snug as root";
  } else if (obstacles.filtered) {
    error.because = "snug itself runs under a seccomp filter, which seems to forbid ptrace";
    error.remedy =
        "give the container a seccomp profile that allows ptrace (Docker's default does, from Linux 4.8 on)";
  } else if (!obstacles.privileged) {
    error.because = fmt::format("process {} has more privilege than snug, or protects itself", target);
    error.remedy = "run snug as root";
  }
  return error;
}

}  // namespace snug::tracer
