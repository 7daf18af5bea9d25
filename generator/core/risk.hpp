// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "snug/arch.hpp"

namespace snug {

// What speaks against letting a call through.
struct Risk {
  std::string_view powerful;    // what it can do, as the end of "it …"; empty for a call that is not powerful
  bool refused_by_docker;       // Docker's default profile does not allow it, with any arguments
  std::string_view capability;  // without which it fails whatever its arguments are; empty when there is none

  bool empty() const { return powerful.empty() && !refused_by_docker && capability.empty(); }
  bool operator==(const Risk&) const = default;
};

// Of the call of that name, on the first of `archs` that has it.
Risk risk_of(std::string_view name, std::span<const Arch> archs);

}  // namespace snug
