// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "snug/recording.hpp"

namespace snug::cli {

// The recording in the file `path`. Errors: bad_input.
Result<Recording> load_recording(const std::string& path);

// The union of the recordings in `paths`. Errors: bad_input, for the first that cannot be read.
Result<Recording> load_recordings(const std::vector<std::string>& paths);

}  // namespace snug::cli
