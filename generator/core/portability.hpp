// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <span>
#include <string_view>

// What a recording cannot show because it was made on one machine, with one C library.
namespace snug {

// The calls that read clocks, and the one that asks which CPU it runs on: the vDSO answers them without a system
// call, but under some clock sources, hypervisors and kernels it cannot, and makes the call (vdso(7)). Sorted.
std::span<const std::string_view> clock_calls();

// The calls that another C library, version or ABI uses where this one uses `name`; without `name` itself.
std::set<std::string_view> siblings_of(std::string_view name);

}  // namespace snug
