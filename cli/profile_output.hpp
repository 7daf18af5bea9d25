// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "generator/core/generate.hpp"
#include "generator/formats/format.hpp"
#include "snug/result.hpp"

namespace snug::cli {

// Where a generated profile goes, and what is said of it.
struct ProfileOutput {
  std::string path = "-";
  Format format = Format::oci;
  bool evidence = false;  // as part of the profile
  bool explain = false;   // on standard error, call by call
  bool quiet = false;     // only the warnings
};

// Generates a profile from `recording`, proves that its filter does what it says, writes it, and says on standard
// error what it allows and what it could not express. Errors: refused, unsupported, io.
Result<Done> write_profile(const Recording& recording, const GenerateOptions& options, const ProfileOutput& output);

}  // namespace snug::cli
