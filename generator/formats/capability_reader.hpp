// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "generator/core/capability_diff.hpp"
#include "snug/result.hpp"

namespace snug {

// Reads what render_json() wrote of a CapabilityReport, as much of it as is compared; keys it does not know are
// ignored. `source` is the file's name, for messages. Errors: bad_input, for another schema too.
Result<CapabilityNeeds> parse_capabilities(std::string_view text, std::string_view source);

}  // namespace snug
