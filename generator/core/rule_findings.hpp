// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "generator/core/finding.hpp"
#include "snug/profile.hpp"

namespace snug {

// Rules that do nothing (ids repeats-default, shadowed-rule, duplicate-rule).
std::vector<Finding> rule_findings(const Profile& profile);

// Conditions that do something else than they seem to (ids bypassable-comparison, strict-comparison,
// impossible-condition, multiplexed-condition).
std::vector<Finding> condition_findings(const Profile& profile);

}  // namespace snug
