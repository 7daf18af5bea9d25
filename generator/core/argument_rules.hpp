// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "snug/profile.hpp"
#include "snug/recording.hpp"

// Allowing a call with some arguments only.
namespace snug {

// Which calls: none, those where it keeps something dangerous out, or all whose arguments were recorded.
enum class ArgumentChoice : std::uint8_t { none, safe, all };

using Conditions = std::vector<Condition>;

struct ArgumentRules {
  // Of the calls that are not allowed whole: conditions, any of which is enough. Every condition compares the bits
  // that the kernel looks at (masked_eq) and no argument is named twice.
  std::map<std::string, std::vector<Conditions>> limits;
  std::map<std::string, std::string> gains;  // what that keeps out, for each of these, as the end of "without …"
  std::map<std::string, std::string> whole;  // why the others, of which one would expect it, are allowed whole
};

// What the rules are to hold for.
struct ArgumentScope {
  std::set<std::string> allowed;  // calls
  std::set<std::string>
      runtime_calls;  // those of them that a container runtime makes too, with arguments of its own
  std::vector<Arch> architectures;
  bool portable = true;  // what another machine's libraries would pass is let in too
};

ArgumentRules argument_rules(const Recording& recording, const ArgumentScope& scope, ArgumentChoice choice);

}  // namespace snug
