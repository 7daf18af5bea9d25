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
#include "tracer/linux/unwinder.hpp"
#include "tracer/linux/workload.hpp"

// Running a command under a profile: what snug verify and snug check share.
namespace snug::cli {

struct EnforcementOptions {
  std::vector<std::string> command;
  std::string container;      // the log of the one to read about instead of running a command; empty: none
  std::string output_folder;  // where that is
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

// Completes what `verb` was given: finds the log of a container by the beginning of its id, and its profile.
// Errors: usage; bad_input for no such container.
Result<Done> complete(EnforcementOptions& options, std::string_view verb);

// Errors: bad_input; usage for capabilities that do not exist.
Result<ProfileFile> load_profile(const EnforcementOptions& options);

using Denials = std::map<tracer::Denial, tracer::DenialEvidence>;

// How a command fared under a profile.
struct Enforced {
  std::vector<std::string> command;
  Denials denials;
  std::optional<tracer::Followed> followed;  // nothing where the profile did not let the command start
};

// Runs the command, or reads how a container fared. Warns of a profile for other machines. Errors: as
// follow_workload() and compile(); usage; as read_container_log().
Result<Enforced> enforce(const EnforcementOptions& options, const Profile& profile, tracer::Denied denied);

// For a verifier of what runs under the profile, from now on; it refers to both.
tracer::VerifierOptions verifier_options(const Profile& profile, tracer::Denied denied, tracer::Unwinder& unwinder);

// What the profile must allow so that none of `denials` is one.
std::vector<Need> needs_of(const Denials& denials);

}  // namespace snug::cli
