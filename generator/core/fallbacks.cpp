// SPDX-License-Identifier: Apache-2.0
#include "generator/core/fallbacks.hpp"

#include <algorithm>
#include <array>

namespace snug {

namespace {

// Who falls back from each: the C libraries unless a comment names another. The *_time64 calls and clock_*64 exist
// on 32-bit ABIs, where they are tried before their namesakes with 32-bit times.
constexpr std::array<std::string_view, 40> kCallsWithFallback{
    "clock_adjtime64",
    "clock_getres_time64",
    "clock_gettime64",
    "clock_nanosleep_time64",
    "clone3",           // pthread_create, posix_spawn, system, popen
    "close_range",      // closefrom; container runtimes
    "copy_file_range",  // Go, coreutils
    "epoll_pwait2",     // event libraries
    "faccessat2",
    "fchmodat2",
    "futex_time64",
    "futex_waitv",  // Wine, game engines
    "getrandom",    // arc4random, and the random sources of Go, Rust and Python
    "io_pgetevents_time64",
    "io_uring_setup",           // libuv, databases
    "landlock_create_ruleset",  // sandboxing libraries ask for its version
    "membarrier",               // liburcu
    "memfd_create",             // graphics and sound libraries, Python
    "mlock2",
    "mq_timedreceive_time64",
    "mq_timedsend_time64",
    "openat2",            // runc, systemd
    "pidfd_open",         // Go, Python, systemd
    "pidfd_send_signal",  // Go, systemd
    "ppoll_time64",
    "preadv2",
    "pselect6_time64",
    "pwritev2",
    "recvmmsg_time64",
    "renameat2",  // coreutils, systemd
    "rseq",
    "rt_sigtimedwait_time64",
    "sched_rr_get_interval_time64",
    "semtimedop_time64",
    "statx",  // also Rust, libuv, Qt
    "timer_gettime64",
    "timer_settime64",
    "timerfd_gettime64",
    "timerfd_settime64",
    "utimensat_time64",
};
static_assert(std::is_sorted(kCallsWithFallback.begin(), kCallsWithFallback.end()));

}  // namespace

bool has_fallback(std::string_view name) {
  return std::ranges::binary_search(kCallsWithFallback, name);
}

}  // namespace snug
