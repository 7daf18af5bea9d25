// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace snug::tracer {

// Tells the tracer of this process, if it is snug, that the phase of this name begins. Whether one has heard it.
bool mark_phase(std::string_view name);

}  // namespace snug::tracer
