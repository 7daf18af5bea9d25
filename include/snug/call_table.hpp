// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "snug/arch.hpp"
#include "snug/syscalls.hpp"

namespace snug {

// A small number for each call of each ABI, 0 for most, found without a search: it is looked up at every stop.
class CallTable {
 public:
  std::uint8_t operator()(Arch arch, std::uint32_t number) const {
    return number < kNumbers ? values_[static_cast<std::size_t>(arch)][number] : std::uint8_t{0};
  }

  // Does nothing where that ABI has no call of that name.
  void set(Arch arch, std::string_view name, std::uint8_t value) {
    const auto number = syscall_number(arch, name);
    if (number && *number < kNumbers) values_[static_cast<std::size_t>(arch)][*number] = value;
  }

 private:
  // Only arm's private calls have greater numbers, and nothing is said of those.
  static constexpr std::size_t kNumbers = 1024;
  static constexpr std::size_t kArchs = kKnownArchs.size() + 1;  // and unknown, of which nothing is said either

  std::array<std::array<std::uint8_t, kNumbers>, kArchs> values_{};
};

}  // namespace snug
