// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string_view>

#include "snug/capabilities.hpp"

namespace snug::test {

// The capabilities of these names, with or without "CAP_".
inline CapabilitySet set_of(std::initializer_list<std::string_view> names) {
  CapabilitySet set = 0;
  for (const auto name : names) set |= CapabilitySet{1} << capability_number(name).value();
  return set;
}

}  // namespace snug::test
