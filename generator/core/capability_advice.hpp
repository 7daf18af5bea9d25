// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "snug/capabilities.hpp"

namespace snug {

// What to know before granting a capability.
struct CapabilityAdvice {
  bool gives_root = false;   // who has it can get all the others
  std::string_view instead;  // what would make do without it; empty where that is for the program to decide
};

CapabilityAdvice advice_on(unsigned capability);

// The capabilities in `set`, those that give more away first.
std::vector<unsigned> by_danger(CapabilitySet set);

}  // namespace snug
