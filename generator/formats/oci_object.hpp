// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "generator/formats/json_reader.hpp"
#include "generator/formats/oci.hpp"

namespace snug {

// The profile that stands at `root`, as parse_profile() reads it. What is wrong is left in json.problem().
Profile profile_at(JsonReader& json, const JsonPlace& root, const ReadOptions& options);

}  // namespace snug
