// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "generator/core/amendment.hpp"
#include "snug/profile.hpp"
#include "snug/result.hpp"
#include "tracer/core/verifier.hpp"
#include "tracer/linux/workload.hpp"

// Running a command under a profile: what snug verify and snug check share.
namespace snug::cli {

struct EnforcementOptions {
  std::vector<std::string> command;
  std::string profile;
  std::string as;
  std::string user;
  std::vector<std::string> capabilities;  // empty: all; {"none"}: none
  bool no_new_privileges = false;
  std::string phase_signal;
  std::string report;  // files; empty: none
  std::string junit;
  bool quiet = false;
};

void add_enforcement_options(CLI::App& verb, EnforcementOptions& options);

// A profile and the file it came from.
struct ProfileFile {
  std::string path;
  std::string text;
  Profile profile;
};

// Errors: bad_input; usage for capabilities that do not exist.
Result<ProfileFile> load_profile(const EnforcementOptions& options);

using Denials = std::map<tracer::Denial, tracer::DenialEvidence>;

// How a command fared under a profile.
struct Enforced {
  Denials denials;
  std::optional<tracer::Followed> followed;  // nothing where the profile did not let the command start
};

// Warns of a profile for other machines. Errors: as follow_workload() and compile(); usage.
Result<Enforced> enforce(const EnforcementOptions& options, const Profile& profile, tracer::Denied denied);

// What the profile must allow so that none of `denials` is one.
std::vector<Need> needs_of(const Denials& denials);

}  // namespace snug::cli
