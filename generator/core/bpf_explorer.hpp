// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <set>
#include <span>

namespace snug {

// The answers that a seccomp filter has for one call, over all values of its arguments. It takes both ways wherever
// a comparison depends on them, so that an answer may be among them that no arguments get, but none is left out;
// one answer means that the arguments do not matter. Where a program computes its answer from them, that may be
// any: SECCOMP_RET_ALLOW and SECCOMP_RET_KILL_PROCESS stand for it. Empty for a program that the kernel would not
// load.
std::set<std::uint32_t> possible_answers(std::span<const sock_filter> program, std::uint32_t audit_arch,
                                         std::uint32_t number);

}  // namespace snug
