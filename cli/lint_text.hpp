// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "generator/core/lint.hpp"

namespace snug::cli {

// The report for a person: what the filter allows, which powerful calls among it, what becomes of denied calls, and
// the findings. `subject` says what it is about.
std::string render_text(const LintReport& report, std::string_view subject, const std::set<Runtime>& runtimes);

}  // namespace snug::cli
