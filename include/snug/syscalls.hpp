// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "snug/arch.hpp"

namespace snug {

// One row of an ABI's table.
struct SyscallEntry {
  std::uint32_t number;  // x32: without kX32SyscallBit
  std::string_view name;
};

// The ABI's table, sorted by number. Names are the kernel's, as libseccomp spells them. Empty for unknown.
std::span<const SyscallEntry> syscalls_of(Arch arch);

// The name of call `number` of `arch`; nothing when the table has none: kernels are newer than tables.
std::optional<std::string_view> syscall_name(Arch arch, std::uint32_t number);

// The number of the call of that name in `arch`; nothing when that ABI has no such call.
std::optional<std::uint32_t> syscall_number(Arch arch, std::string_view name);

// Whether any ABI has a call of that name.
bool is_syscall_name(std::string_view name);

}  // namespace snug
