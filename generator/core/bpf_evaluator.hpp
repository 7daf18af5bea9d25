// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <optional>
#include <span>

namespace snug {

// What a seccomp filter answers for one call: SECCOMP_RET_* with its data, as the kernel's classic BPF machine
// would. Nothing for a program that the kernel would not load (seccomp(2)): an unknown instruction, a jump or a
// load out of bounds, or an end without a return.
std::optional<std::uint32_t> evaluate(std::span<const sock_filter> program, const seccomp_data& call);

}  // namespace snug
