// SPDX-License-Identifier: Apache-2.0
#include "generator/core/portability.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "snug/syscalls.hpp"

namespace snug {

namespace {

constexpr std::array<std::string_view, 7> kClockCalls{
    "clock_getres", "clock_getres_time64", "clock_gettime", "clock_gettime64", "getcpu", "gettimeofday", "time"};
static_assert(std::is_sorted(kClockCalls.begin(), kClockCalls.end()));

// Each line is one piece of work and the calls that do it: older ones and their successors, those with 32 and with
// 64 bits of a time, an offset or a user's number, and those that only some ABIs have. None can do what its
// siblings cannot, as long as the flags that successors have are not what a profile is about.
constexpr std::string_view kFamilies[] = {
    "accept accept4",
    "access faccessat faccessat2",
    "alarm setitimer",
    "chmod fchmodat fchmodat2",
    "chown chown32 fchownat lchown lchown32",
    "clock_adjtime clock_adjtime64",
    "clock_nanosleep clock_nanosleep_time64 nanosleep",
    "clock_settime clock_settime64",
    "clone clone3 fork vfork",
    "creat open openat openat2",
    "dup2 dup3",
    "epoll_create epoll_create1",
    "epoll_pwait epoll_pwait2 epoll_wait",
    "eventfd eventfd2",
    "fadvise64 fadvise64_64 arm_fadvise64_64",
    "fchown fchown32",
    "fcntl fcntl64",
    "fstat fstat64 newfstatat fstatat64 statx",
    "fstatfs fstatfs64",
    "ftruncate ftruncate64",
    "futex futex_time64",
    "futimesat utime utimensat utimensat_time64 utimes",
    "getdents getdents64",
    "getegid getegid32",
    "geteuid geteuid32",
    "getgid getgid32",
    "getgroups getgroups32",
    "getpgid getpgrp",
    "getresgid getresgid32",
    "getresuid getresuid32",
    "getrlimit prlimit64 ugetrlimit",
    "getuid getuid32",
    "inotify_init inotify_init1",
    "io_getevents io_pgetevents io_pgetevents_time64",
    "link linkat",
    "_llseek lseek",
    "lstat lstat64 newfstatat fstatat64 stat stat64 statx",
    "mkdir mkdirat",
    "mknod mknodat",
    "mlock mlock2",
    "mmap mmap2",
    "mq_timedreceive mq_timedreceive_time64",
    "mq_timedsend mq_timedsend_time64",
    "pause ppoll",
    "pipe pipe2",
    "poll ppoll ppoll_time64",
    "preadv preadv2",
    "_newselect pselect6 pselect6_time64 select",
    "pwritev pwritev2",
    "readlink readlinkat",
    "recv recvfrom",
    "recvmmsg recvmmsg_time64",
    "rename renameat renameat2",
    "rmdir unlinkat",
    "rt_sigaction sigaction",
    "rt_sigpending sigpending",
    "rt_sigprocmask sigprocmask",
    "rt_sigsuspend sigsuspend",
    "rt_sigtimedwait rt_sigtimedwait_time64",
    "sched_rr_get_interval sched_rr_get_interval_time64",
    "semop semtimedop semtimedop_time64",
    "send sendto",
    "sendfile sendfile64",
    "setfsgid setfsgid32",
    "setfsuid setfsuid32",
    "setgid setgid32",
    "setgroups setgroups32",
    "setregid setregid32",
    "setresgid setresgid32",
    "setresuid setresuid32",
    "setreuid setreuid32",
    "setrlimit prlimit64",
    "setuid setuid32",
    "signalfd signalfd4",
    "statfs statfs64",
    "symlink symlinkat",
    "sync_file_range sync_file_range2 arm_sync_file_range",
    "timer_gettime timer_gettime64",
    "timer_settime timer_settime64",
    "timerfd_gettime timerfd_gettime64",
    "timerfd_settime timerfd_settime64",
    "truncate truncate64",
    "umount umount2",
    "unlink unlinkat",
    "wait4 waitpid",
};

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const auto length = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, length));
    line.remove_prefix(std::min(length + 1, line.size()));
  }
  return words;
}

constexpr std::array<std::string_view, 1> kOwnOfX86{"arch_prctl"};
constexpr std::array<std::string_view, 1> kOwnOfI386{"set_thread_area"};
constexpr std::array<std::string_view, 2> kOwnOfArm{"cacheflush", "set_tls"};
constexpr std::array<std::string_view, 1> kOwnOfRiscv{"riscv_flush_icache"};

using Siblings = std::map<std::string_view, std::set<std::string_view>>;

Siblings read_families() {
  Siblings siblings;
  for (const std::string_view line : kFamilies) {
    const auto family = words_of(line);
    for (const auto name : family)
      for (const auto other : family)
        if (other != name) siblings[name].insert(other);
  }
  return siblings;
}

}  // namespace

std::span<const std::string_view> clock_calls() {
  return kClockCalls;
}

std::set<std::string_view> siblings_of(std::string_view name) {
  static const Siblings siblings = read_families();
  const auto found = siblings.find(name);
  return found == siblings.end() ? std::set<std::string_view>{} : found->second;
}

std::span<const std::string_view> own_calls_of(Arch arch) {
  switch (arch) {
    case Arch::x86_64:
    case Arch::x32:
      return kOwnOfX86;
    case Arch::i386:
      return kOwnOfI386;
    case Arch::arm:
      return kOwnOfArm;
    case Arch::riscv64:
      return kOwnOfRiscv;
    case Arch::aarch64:
    case Arch::ppc64le:
    case Arch::s390x:
    case Arch::loongarch64:
    case Arch::unknown:
      break;
  }
  return {};
}

// mmap's arguments lie in memory there, so that allowing it would undo every rule on mmap2's.
bool is_obsolete(Arch arch, std::string_view name) {
  return name == "mmap" && syscall_number(arch, "mmap2");
}

// Before Linux 6.11 it had neither fstat nor newfstatat.
bool has_no_fallback_on(Arch arch, std::string_view name) {
  return arch == Arch::loongarch64 && name == "statx";
}

}  // namespace snug
