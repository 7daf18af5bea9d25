// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "snug/arch.hpp"

namespace snug {

// An argument by whose value a seccomp filter can decide, and where knowing the values makes a stricter profile.
struct Argument {
  std::string_view call;
  std::string_view name;   // the parameter's, as section 2 of the manual has it
  std::size_t index = 0;   // of the register, from 0
  std::uint64_t mask = 0;  // the bits that count: those that the kernel looks at, or that matter
  bool in_memory = false;  // the register points to it, so that a filter cannot see it after all
};

// Those arguments of a call; none for most calls, for calls without a name, and for unknown ABIs.
std::span<const Argument> arguments_of(Arch arch, std::uint32_t number);

}  // namespace snug
