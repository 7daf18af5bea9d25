// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "snug/profile.hpp"

// Verdicts as the kernel's filters answer them (linux/seccomp.h, SECCOMP_RET_*), and back.
namespace snug {

// The answer that makes the kernel carry out `verdict`.
std::uint32_t answer_of(Verdict verdict);

// What the kernel does upon an answer: an action that it does not know kills the process, and an errno above 4095
// is 4095 (kernel/seccomp.c, __seccomp_filter).
Verdict verdict_of(std::uint32_t answer);

// The answer that counts where filters are stacked: the less permissive one, and of equal actions that of the
// filter installed later, which gives the errno (seccomp(2)).
std::uint32_t prevailing(std::uint32_t later, std::uint32_t earlier);

// Whether a call with that verdict is carried out.
constexpr bool permits(const Verdict& verdict) {
  return verdict.action == Action::allow || verdict.action == Action::log;
}

}  // namespace snug
