// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "generator/core/argument_rules.hpp"

namespace snug {

// How an argument of a call is judged.
struct ArgumentPolicy {
  std::string_view call;
  std::string_view argument;             // by its name in snug/arguments.hpp
  std::uint64_t mask;                    // the bits that are compared
  ArgumentChoice from;                   // the least choice with which it is judged
  bool suits_runtimes;                   // what container runtimes pass themselves is among the usual values
  std::span<const std::uint64_t> usual;  // what libraries and runtimes pass on other machines, harmless everywhere
  std::string_view keeps_out;            // what the others could do
  std::string_view keeps_others_out;     // the same, once a value was seen that is not usual
  std::optional<std::uint64_t> whole = std::nullopt;  // who may pass this may do whatever the others could
};

// Those of one call stand together, sorted by call.
std::span<const ArgumentPolicy> argument_policies();

}  // namespace snug
