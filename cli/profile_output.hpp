// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "generator/core/generate.hpp"
#include "snug/result.hpp"

namespace snug::cli {

// Generates a profile from `recording`, writes it to `output`, and says on standard error what it allows and what
// it could not express; `quiet` leaves only the warnings. Errors: refused, io.
Result<Done> write_profile(const Recording& recording, const GenerateOptions& options, const std::string& output,
                           bool quiet);

}  // namespace snug::cli
