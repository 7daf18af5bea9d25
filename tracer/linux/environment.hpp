// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "snug/recording.hpp"

namespace snug::tracer {

// This machine: kernel release, ABI and libc.
Host this_host();

// The kernel's random id of this boot; empty when it cannot be read.
std::string boot_id();

// Now, as RFC 3339 in UTC with microseconds: "2026-01-31T23:59:59.123456Z".
std::string timestamp();

}  // namespace snug::tracer
