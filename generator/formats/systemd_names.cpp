// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/systemd_names.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace snug {

namespace {

using ArchName = std::pair<Arch, std::string_view>;

constexpr std::array kArchNames{
    ArchName{Arch::x86_64, "x86-64"},    ArchName{Arch::i386, "x86"},    ArchName{Arch::x32, "x32"},
    ArchName{Arch::aarch64, "arm64"},    ArchName{Arch::arm, "arm"},     ArchName{Arch::riscv64, "riscv64"},
    ArchName{Arch::ppc64le, "ppc64-le"}, ArchName{Arch::s390x, "s390x"}, ArchName{Arch::loongarch64, "loongarch64"},
};

constexpr std::array<std::string_view, 11> kOtherArchs{"mips",       "mips-le", "mips64",  "mips64-le",
                                                       "mips64-n32", "ppc",     "ppc64",   "mips64-le-n32",
                                                       "s390",       "parisc",  "parisc64"};

constexpr std::array<std::string_view, 63> kDefaultGroup{"arch_prctl",
                                                         "brk",
                                                         "cacheflush",
                                                         "clock_getres",
                                                         "clock_gettime",
                                                         "clock_getres_time64",
                                                         "clock_gettime64",
                                                         "clock_nanosleep",
                                                         "clock_nanosleep_time64",
                                                         "execve",
                                                         "exit",
                                                         "exit_group",
                                                         "futex",
                                                         "futex_time64",
                                                         "futex_waitv",
                                                         "get_robust_list",
                                                         "get_thread_area",
                                                         "getegid",
                                                         "getegid32",
                                                         "geteuid",
                                                         "geteuid32",
                                                         "getgid",
                                                         "getgid32",
                                                         "getgroups",
                                                         "getgroups32",
                                                         "getpgid",
                                                         "getpgrp",
                                                         "getpid",
                                                         "getppid",
                                                         "getrandom",
                                                         "getresgid",
                                                         "getresgid32",
                                                         "getresuid",
                                                         "getresuid32",
                                                         "getrlimit",
                                                         "getsid",
                                                         "gettid",
                                                         "gettimeofday",
                                                         "getuid",
                                                         "getuid32",
                                                         "membarrier",
                                                         "mmap",
                                                         "mmap2",
                                                         "mprotect",
                                                         "munmap",
                                                         "nanosleep",
                                                         "pause",
                                                         "prlimit64",
                                                         "restart_syscall",
                                                         "riscv_flush_icache",
                                                         "riscv_hwprobe",
                                                         "rseq",
                                                         "rt_sigreturn",
                                                         "sched_getaffinity",
                                                         "sched_yield",
                                                         "set_robust_list",
                                                         "set_thread_area",
                                                         "set_tid_address",
                                                         "set_tls",
                                                         "sigreturn",
                                                         "time",
                                                         "ugetrlimit",
                                                         "uretprobe"};

}  // namespace

std::string_view systemd_name_of(Arch arch) {
  for (const auto& [candidate, name] : kArchNames)
    if (candidate == arch) return name;
  return {};
}

std::optional<Arch> arch_of_systemd_name(std::string_view name) {
  for (const auto& [arch, candidate] : kArchNames)
    if (candidate == name) return arch;
  return std::nullopt;
}

bool is_other_systemd_arch(std::string_view name) {
  return std::find(kOtherArchs.begin(), kOtherArchs.end(), name) != kOtherArchs.end();
}

std::span<const std::string_view> systemd_default_group() {
  return kDefaultGroup;
}

}  // namespace snug
