// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "generator/core/capability_report.hpp"
#include "generator/formats/capabilities.hpp"

namespace snug {

inline constexpr std::string_view kCapabilitiesSchema = "snug.capabilities/1";

// The lines of evidence that people are told: the first ones, and how many there are more.
std::vector<std::string> told(const std::vector<std::string>& evidence);

// What the report recommends, as engines are told. Of another user than root's container nothing but that is known.
CapabilityGrant grant_of(const CapabilityReport& report);

// For people: what is needed and why, what else was noticed, and the options of docker run.
std::string render_text(const CapabilityReport& report);

// For programs: profiles/schema/capabilities.schema.json.
std::string render_json(const CapabilityReport& report);

}  // namespace snug
