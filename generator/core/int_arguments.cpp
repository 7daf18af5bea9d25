// SPDX-License-Identifier: Apache-2.0
#include "generator/core/int_arguments.hpp"

#include <algorithm>

namespace snug {

namespace {

// Those among the calls that profiles look at the arguments of, after the kernel's declarations of them
// (SYSCALL_DEFINE). Bit 0 stands for argument 0.
struct IntArguments {
  std::string_view name;
  std::uint32_t indexes;
};

constexpr IntArguments kRows[] = {
    {"accept", 0b1},
    {"accept4", 0b1001},
    {"arch_prctl", 0b1},
    {"bind", 0b101},
    {"bpf", 0b101},
    {"clock_nanosleep", 0b11},
    {"clock_settime", 0b1},
    {"clone", 0b1},
    {"close", 0b1},
    {"close_range", 0b111},
    {"connect", 0b101},
    {"dup3", 0b111},
    {"epoll_create1", 0b1},
    {"epoll_ctl", 0b111},
    {"eventfd2", 0b11},
    {"faccessat", 0b101},
    {"faccessat2", 0b1101},
    {"fanotify_init", 0b11},
    {"fcntl", 0b11},
    {"finit_module", 0b101},
    {"flock", 0b11},
    {"fsconfig", 0b10011},
    {"fsmount", 0b111},
    {"fsopen", 0b10},
    {"futex", 0b100110},
    {"getsockopt", 0b111},
    {"inotify_init1", 0b1},
    {"io_uring_setup", 0b1},
    {"ioctl", 0b11},
    {"ipc", 0b1},
    {"kcmp", 0b111},
    {"keyctl", 0b1},
    {"kill", 0b11},
    {"lseek", 0b101},
    {"madvise", 0b100},
    {"memfd_create", 0b10},
    {"mlockall", 0b1},
    {"open", 0b10},
    {"openat", 0b101},
    {"personality", 0b1},
    {"pidfd_open", 0b11},
    {"pipe2", 0b10},
    {"prctl", 0b1},
    {"quotactl", 0b101},
    {"reboot", 0b111},
    {"rt_sigaction", 0b1},
    {"sched_setscheduler", 0b11},
    {"seccomp", 0b11},
    {"setns", 0b11},
    {"setpriority", 0b111},
    {"setsockopt", 0b10111},
    {"shutdown", 0b11},
    {"signalfd4", 0b1001},
    {"socket", 0b111},
    {"socketcall", 0b1},
    {"socketpair", 0b111},
    {"syslog", 0b101},
    {"tgkill", 0b111},
    {"timerfd_create", 0b11},
    {"tkill", 0b11},
    {"umount2", 0b10},
    {"unlinkat", 0b101},
    {"userfaultfd", 0b1},
};
static_assert(std::ranges::is_sorted(kRows, {}, &IntArguments::name));

}  // namespace

bool is_int_argument(std::string_view name, std::uint32_t index) {
  const auto* const row = std::ranges::lower_bound(kRows, name, {}, &IntArguments::name);
  return row != std::end(kRows) && row->name == name && (row->indexes >> index & 1) != 0;
}

}  // namespace snug
