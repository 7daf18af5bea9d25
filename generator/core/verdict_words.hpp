// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "snug/profile.hpp"

namespace snug {

// What becomes of a call, as the end of "the call …": "fails with EPERM", "kills the process".
std::string what_happens(Verdict verdict);

// The errno's name, or its number where it has none.
std::string errno_name(int value);

}  // namespace snug
