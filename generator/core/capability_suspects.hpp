// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "snug/capabilities.hpp"
#include "snug/recording.hpp"

namespace snug {

// The capabilities on which the outcome of a recorded call may hang (capabilities(7)): those worth being tried one
// by one, while others are hardly ever needed. Whether they are needed only a run without them can tell.
CapabilitySet suspected_capabilities(const Recording& recording);

}  // namespace snug
