// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "generator/formats/oci.hpp"
#include "snug/profile.hpp"
#include "snug/result.hpp"

namespace snug {

// A drop-in for a unit: SystemCallFilter=, SystemCallErrorNumber= and SystemCallArchitectures=, which say exactly
// what the profile says, whatever the unit itself said before. Errors: bad_input for conditions on arguments and
// for actions other than allowing, failing and killing the process.
Result<std::string> render_systemd(const Profile& profile);

// Reads these settings from a unit file or a drop-in; all others are left out. Errors: bad_input for what systemd
// would warn of and ignore, for groups other than @default, whose members differ between versions, and for
// SystemCallLog=.
Result<Profile> parse_systemd(std::string_view text, std::string_view source, const ReadOptions& options = {});

}  // namespace snug
