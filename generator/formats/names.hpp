// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "snug/profile.hpp"
#include "snug/result.hpp"

namespace snug {

// The names of the allowed calls, one a line, sorted. Errors: bad_input for a profile that says more than that all
// other calls fail with EPERM, or that is for several ABIs.
Result<std::string> render_names(const Profile& profile);

// Reads such a list for the ABI of the machine it is used on. Empty lines and what follows a '#' are left out.
// Errors: bad_input for a line that is no system call.
Result<Profile> parse_names(std::string_view text, std::string_view source);

}  // namespace snug
