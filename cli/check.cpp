// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <set>

#include "cli/denial_report.hpp"
#include "cli/denial_words.hpp"
#include "cli/enforcement.hpp"
#include "cli/messages.hpp"
#include "cli/profile_change.hpp"
#include "cli/recordings.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"
#include "generator/core/generate.hpp"
#include "generator/core/removal.hpp"

namespace snug::cli {
namespace {

struct CheckOptions : EnforcementOptions {
  std::vector<std::string> recordings;
  std::vector<std::string> gates{"new"};
  bool update = false;

  bool gates_on(std::string_view word) const { return std::ranges::find(gates, word) != gates.end(); }
};

// Whether the call, let through, fails just as the profile would have it fail: the command has not changed then.
bool fails_alike(const tracer::Denial& denial, const tracer::DenialEvidence& evidence) {
  if (denial.verdict.action != Action::fail || evidence.outcomes == 0) return false;
  const auto found = evidence.errors.find(denial.verdict.errno_value);
  return found != evidence.errors.end() && found->second == evidence.outcomes;
}

Denials new_in(const Denials& denials) {
  Denials fresh = denials;
  std::erase_if(fresh, [](const auto& entry) {
    return entry.first.verdict.action == Action::log || fails_alike(entry.first, entry.second);
  });
  return fresh;
}

// The names that the profile allows and that no profile from these recordings would, however wide. Errors:
// bad_input, and refused where they are incomplete, so that what was not seen says nothing.
Result<std::vector<std::string>> unseen_names(const std::vector<std::string>& recordings, const Profile& profile) {
  std::vector<std::string> unseen;
  if (recordings.empty()) return unseen;
  const auto recording = load_recordings(recordings);
  if (!recording) return recording.error();
  const auto generated = generate(*recording, {.arguments = ArgumentChoice::none});
  if (!generated) return generated.error();
  for (const std::string& name : permitted_names(profile))
    if (!generated->allowed.contains(name)) unseen.push_back(name);
  return unseen;
}

void report(const CheckOptions& options, const Enforced& enforced, const Verification& found) {
  for (const auto& [denial, evidence] : found.denials) say(describe_new_call(denial, evidence));
  if (enforced.followed) {
    for (const std::string& reason : enforced.followed->doubts) warn(reason);
  }
  if (!found.unseen.empty())
    say(fmt::format("allowed by {} and in no recording: {}", options.profile, fmt::join(found.unseen, ", ")));
  if (!found.denials.empty()) {
    std::set<SyscallKey> calls;
    for (const auto& [denial, evidence] : found.denials) calls.insert(denial.call);
    return say(fmt::format("{} does not allow {} that the command makes", options.profile,
                           counted(calls.size(), "system call")));
  }
  if (!options.quiet) say(fmt::format("{} allows all that the command calls", options.profile));
}

// Tells or writes what would have to change.
Result<Done> change_profile(const CheckOptions& options, const ProfileFile& file, Verification& found) {
  if (found.denials.empty()) return Done{};
  auto change = change_for(file, found.denials);
  if (!change) {
    if (options.update) return change.error();
    warn(fmt::format("{}: {}", change.error().what, change.error().because));
    return Done{};
  }
  found.change = std::move(*change);
  if (options.update) {
    if (const auto written = write_changed(file, found.denials, options.profile); !written) return written.error();
    if (!options.quiet) say(fmt::format("updated {}:\n{}", options.profile, found.change->effect));
  } else if (!options.quiet) {
    tell_change(*found.change);
  }
  return Done{};
}

Result<Done> check_request(CheckOptions& options) {
  if (const auto completed = complete(options, "check"); !completed) return completed.error();
  if (options.update && options.profile == "-") {
    return Error{ErrorCode::usage, "cannot update standard input", "--update writes the profile where it was read",
                 "give the profile as a file"};
  }
  return check_reports(options, options.update ? options.profile : "");
}

Result<int> check(CheckOptions& options) {
  if (const auto checked = check_request(options); !checked) return checked.error();
  const auto file = load_profile(options);
  if (!file) return file.error();
  const auto unseen = unseen_names(options.recordings, file->profile);
  if (!unseen) return unseen.error();
  const auto enforced = enforce(options, file->profile, tracer::Denied::let_through);
  if (!enforced) return enforced.error();

  Verification found{"check", &options, &*enforced, new_in(enforced->denials), std::nullopt, *unseen};
  report(options, *enforced, found);
  const auto changed = change_profile(options, *file, found);
  if (const auto written = write_reports(found); !written) return written.error();
  if (!changed) return changed.error();
  const bool drifted =
      (options.gates_on("new") && !found.denials.empty()) || (options.gates_on("unseen") && !found.unseen.empty());
  return drifted ? kDenied : workload_status(enforced->followed->exit);
}

}  // namespace

void add_check(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* const verb =
      app.add_subcommand("check", "Run a command unhindered and name every call that a profile does not allow");
  show_usage(
      *verb,
      "snug check --profile FILE [OPTIONS] -- COMMAND [ARGUMENT...]\n       snug check --container ID [OPTIONS]");
  add_enforcement_options(*verb, *options);
  verb->add_option("--recording", options->recordings,
                   "Recordings of all that the profile is for: names what it allows and they lack; repeatable")
      ->allow_extra_args(false)
      ->option_text("FILE");
  verb->add_option("--fail-on", options->gates, "What is drift: new calls (the default), and calls no longer seen")
      ->delimiter(',')
      ->check(CLI::IsMember({"new", "unseen"}))
      ->option_text("LIST");
  verb->add_flag("--update", options->update, "Write the profile with the new calls allowed");
  verb->footer(
      "Nothing is denied: calls that the profile allows run at full speed, others stop, are noted and go on. A "
      "call\n"
      "that fails by itself just as the profile would have it fail is not new.\n\n"
      "Exit status: the command's own (128+N when signal N killed it); 3 when the profile no longer fits, also\n"
      "when --update has mended it; 4 when a recording or a container's log is incomplete; 125 when snug failed,\n"
      "126 when the command cannot be run, 127 when it does not exist.");
  verb->callback([options, &invocation] {
    options->command = invocation.workload;
    const auto status = check(*options);
    if (!status) complain(status.error());
    invocation.status = status ? *status : verification_status(status.error());
  });
}

}  // namespace snug::cli
