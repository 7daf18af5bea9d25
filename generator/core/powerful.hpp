// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace snug {

// A call by which a process can reach beyond its container, change the machine for others, or meet a part of the
// kernel that has often been attacked.
struct PowerfulCall {
  std::string_view name;
  std::string_view why;     // what it can do, as the end of "it …"
  bool refused_by_default;  // container engines refuse it to an ordinary container, with EPERM
};

// Sorted by name.
std::span<const PowerfulCall> powerful_calls();

// The powerful call of that name; null when it is none.
const PowerfulCall* find_powerful(std::string_view name);

// clone's flags that make namespaces (linux/sched.h, CLONE_NEW*). Without them it is not powerful.
inline constexpr std::array<std::uint64_t, 7> kNamespaceFlags{0x00020000, 0x02000000, 0x04000000, 0x08000000,
                                                              0x10000000, 0x20000000, 0x40000000};

}  // namespace snug
