// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/enforcement.hpp"
#include "snug/result.hpp"

namespace snug::cli {

// The smallest change of a profile that lets through what it denied.
struct ProfileChange {
  std::string effect;  // what it does, a line or more for each call, as snug diff says it
  std::string patch;   // empty where the file cannot be changed without losing something
  std::string note;    // what is to be known of the patch, or why there is none; may be empty
};

// Errors: unsupported, where no rule could allow it.
Result<ProfileChange> change_for(const ProfileFile& file, const Denials& denials);

// Prints it: the patch as it stands, so that it can be piped into patch(1).
void tell_change(const ProfileChange& change);

// Writes the changed profile to `path`, which may be the profile's own: that is then read again, under a lock, so
// that what others have added meanwhile stays. Errors: as change_for(), read_file() and write_file().
Result<Done> write_changed(const ProfileFile& file, const Denials& denials, const std::string& path);

}  // namespace snug::cli
