// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <span>
#include <string_view>

#include "snug/arch.hpp"

// What a recording cannot show because it was made on one machine, with one C library.
namespace snug {

// The calls that read clocks, and the one that asks which CPU it runs on: the vDSO answers them without a system
// call, but under some clock sources, hypervisors and kernels it cannot, and makes the call (vdso(7)). Sorted.
std::span<const std::string_view> clock_calls();

// The calls that another C library, version or ABI uses where this one uses `name`; without `name` itself.
std::set<std::string_view> siblings_of(std::string_view name);

// The calls that no other ABI needs and programs of this one do: to have storage for each thread, and to make code
// that was just written visible to the processor.
std::span<const std::string_view> own_calls_of(Arch arch);

// Whether libraries of the ABI make another call in this one's place although the kernel has it.
bool is_obsolete(Arch arch, std::string_view name);

// Whether libraries of the ABI have nothing to fall back to from the call, although those of others have.
bool has_no_fallback_on(Arch arch, std::string_view name);

}  // namespace snug
