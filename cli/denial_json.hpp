// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include "cli/enforcement.hpp"

// Denials as profiles/schema/verification.schema.json describes them.
namespace snug::cli {

nlohmann::ordered_json denial_to_json(const tracer::Denial& denial, const tracer::DenialEvidence& evidence);

// Adds one that denial_to_json() has made to `denials`, and its counts to those of the same denial. Throws
// nlohmann::json::exception or std::invalid_argument for anything else.
void add_denial(const nlohmann::ordered_json& json, Denials& denials);

// {"code": n}, {"signal": n}, or null for neither.
nlohmann::ordered_json exit_to_json(const ExitStatus& exit);
ExitStatus exit_from_json(const nlohmann::ordered_json& json);

}  // namespace snug::cli
