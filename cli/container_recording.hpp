// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "snug/result.hpp"

namespace snug::cli {

// The annotation that asks the hook to record a container, and names the recording, or else the folder for it.
inline constexpr const char* kOutputAnnotation = "io.snug.output";

// Where recordings of containers go when nobody says otherwise: /var/lib/snug for root, and for others
// $XDG_STATE_HOME/snug or ~/.local/state/snug.
std::string default_output_folder();

// Makes the folder where it is missing, with what it lies in. Errors: io.
Result<Done> make_folder(const std::string& path);

}  // namespace snug::cli
