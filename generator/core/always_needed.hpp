// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

namespace snug {

// A process begins with execve, ends with exit or exit_group, leaves signal handlers by one of the two sigreturns,
// and the kernel itself makes it call restart_syscall after a stop.
inline constexpr std::array<std::string_view, 6> kAlwaysNeeded{"execve",          "exit",         "exit_group",
                                                               "restart_syscall", "rt_sigreturn", "sigreturn"};

// Threads wait for each other by these. Whether they have to is a matter of timing, so that one run may lack them,
// and glibc ends the program where it may not.
inline constexpr std::array<std::string_view, 2> kNeededByThreads{"futex", "futex_time64"};

}  // namespace snug
