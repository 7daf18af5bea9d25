// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "snug/recording.hpp"
#include "snug/result.hpp"

namespace snug::tracer {

// Runs the command, which is looked for as a shell would, and waits for its end without watching it. Errors:
// not_found and not_executable.
Result<ExitStatus> run_untraced(const std::vector<std::string>& command);

}  // namespace snug::tracer
