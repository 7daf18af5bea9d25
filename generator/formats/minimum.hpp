// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "generator/core/candidates.hpp"
#include "generator/core/minimizer.hpp"

namespace snug {

// What minimize() found, as JSON: {"schema": "snug.minimize/1", "runs": N, "calls": [{"name", "necessity":
// "required" | "tolerated" | "flaky" | "untried", "runs", "attempted", "ending"}], "held": [{"name", "because"}],
// "unseen":
// ["name"]}.
std::string render_minimum(const Minimum& minimum, const Candidates& candidates);

}  // namespace snug
