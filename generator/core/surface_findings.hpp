// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "generator/core/finding.hpp"
#include "generator/core/powerful.hpp"
#include "generator/core/surface.hpp"

// What can be said of a filter by its surface, without knowing the profile.
namespace snug {

// What is denied in a way that programs cannot cope with (ids clone3-errno, fallback-errno, missing-call), and what
// is allowed without having been named (id default-allows).
std::vector<Finding> surface_findings(const std::vector<AbiSurface>& abis);

}  // namespace snug
