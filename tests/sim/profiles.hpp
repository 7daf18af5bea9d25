// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "snug/profile.hpp"

namespace snug::test {

struct NamedProfile {
  std::string name;
  Profile profile;
};

// Profiles that generate() makes of recordings of several ABIs.
std::vector<NamedProfile> generated_profiles();

// Profiles written by hand: every action, rules that overlap or repeat the default, conditions by equality.
std::vector<NamedProfile> written_profiles();

}  // namespace snug::test
