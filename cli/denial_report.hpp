// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/enforcement.hpp"
#include "cli/profile_change.hpp"

namespace snug::cli {

// What a run under a profile came to, for machines.
struct Verification {
  std::string verb;  // "verify" or "check"
  const EnforcementOptions* options = nullptr;
  const Enforced* enforced = nullptr;
  Denials denials;                       // those that count
  std::optional<ProfileChange> change;   // nothing where nothing was denied, or no rule can allow it
  std::vector<std::string> unseen = {};  // check: names that the profile allows and nobody calls any more
};

// As JSON: profiles/schema/verification.schema.json.
std::string render_verification(const Verification& verification);

// As JUnit XML: one failed case for each denied call, and one case for the command itself.
std::string render_junit(const Verification& verification);

// Writes the files that the options ask for. Errors: io.
Result<Done> write_reports(const Verification& verification);

// Whether these files can be written, asked before a long run. Errors: as check_writable(); usage where one would
// replace another, or the profile.
Result<Done> check_reports(const EnforcementOptions& options, const std::string& changed_profile);

}  // namespace snug::cli
