// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "tracer/core/check_source.hpp"

namespace snug::tracer {

// The kernel's own word, where it is wanted and can be had; else the reason why not.
std::unique_ptr<CheckSource> listen_for_checks(bool is_wanted);

}  // namespace snug::tracer
