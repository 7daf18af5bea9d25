// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

// What single instructions of the kernel's classic BPF machine compute and decide (linux/bpf_common.h).
namespace snug {

// Whether an instruction of class BPF_ALU divides by zero with that operand, which ends a program with the answer
// 0.
bool divides_by_zero(std::uint16_t code, std::uint32_t operand);

// What an instruction of class BPF_ALU leaves of `a`; nothing for one that seccomp knows not. It must not divide by
// zero.
std::optional<std::uint32_t> computed(std::uint16_t code, std::uint32_t a, std::uint32_t operand);

// Whether an instruction of class BPF_JMP other than BPF_JA is taken; nothing for one that seccomp knows not.
std::optional<bool> is_taken(std::uint16_t code, std::uint32_t a, std::uint32_t operand);

}  // namespace snug
