// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snug {

// Capabilities by number, as bits (capabilities(7)).
using CapabilitySet = std::uint64_t;

inline constexpr unsigned kCapabilities = 41;  // up to CAP_CHECKPOINT_RESTORE, of Linux 5.9

// The number of a capability by its name, with or without "CAP_", in capitals.
std::optional<unsigned> capability_number(std::string_view name);

// "CAP_CHOWN" for 0; empty for numbers that have no name yet.
std::string_view capability_name(unsigned number);

// Whether `set` has that one.
constexpr bool has(CapabilitySet set, unsigned number) {
  return (set >> number & 1U) != 0;
}

// Their names, in the order of their numbers.
std::vector<std::string> names_of(CapabilitySet set);

}  // namespace snug
