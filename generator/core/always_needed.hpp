// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

namespace snug {

// A process begins with execve, ends with exit or exit_group, leaves signal handlers by one of the two sigreturns,
// and the kernel itself makes it call restart_syscall after a stop.
inline constexpr std::array<std::string_view, 6> kAlwaysNeeded{"execve",          "exit",         "exit_group",
                                                               "restart_syscall", "rt_sigreturn", "sigreturn"};

}  // namespace snug
