// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "snug/result.hpp"
#include "tracer/linux/observe.hpp"

// Recording what runs in containers, from outside.
namespace snug::cli {

// The annotation that asks the hook to record a container, and names the recording, or else the folder for it.
inline constexpr const char* kOutputAnnotation = "io.snug.output";

// Where recordings of containers go when nobody says otherwise: /var/lib/snug for root, and for others
// $XDG_STATE_HOME/snug or ~/.local/state/snug.
std::string default_output_folder();

// Our own program's path.
std::string own_program();

// Attaches as `plan` says, in the background, and adds what is seen to the recording `path`; returns when it is
// attached. What there is to complain about later stands in `path`.log. Nothing is kept of what never executed a
// program. Errors: io, when the recording cannot be written; as observe().
Result<Done> record_in_background(tracer::AttachPlan plan, const std::string& path);

}  // namespace snug::cli
