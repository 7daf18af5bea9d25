// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "generator/formats/json_reader.hpp"
#include "generator/formats/oci.hpp"

namespace snug {

// Whether a rule of a Docker or podman profile holds on the host and for the container that `options` describes:
// none of its `excludes` is met, and of its `includes` the ABI, every capability and the kernel are.
bool holds_on_host(JsonReader& json, const JsonPlace& rule, const ReadOptions& options);

}  // namespace snug
