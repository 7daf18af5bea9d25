// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "snug/result.hpp"

namespace snug {

// The only document of a YAML text as JSON: plain scalars that look like numbers, booleans or nothing are these,
// all others are text. Errors: bad_input, in the name of the file `source`, with the line and column where the text
// stops being YAML; for several documents, for keys that are no text or stand twice, and for aliases.
Result<nlohmann::json> parse_yaml(std::string_view text, std::string_view source);

}  // namespace snug
