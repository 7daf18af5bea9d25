// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/read_options.hpp"
#include "cli/recordings.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"
#include "generator/core/capability_advice.hpp"
#include "generator/core/powerful.hpp"
#include "generator/formats/capability_reader.hpp"
#include "generator/formats/format.hpp"
#include "generator/formats/refusal.hpp"

namespace snug::cli {
namespace {

struct DiffOptions {
  std::string before;
  std::string after;
  std::vector<std::string> recordings;
  std::string format = "text";
  std::vector<std::string> gates;
  ReadArguments reading;

  bool gates_on(std::string_view word) const { return std::ranges::find(gates, word) != gates.end(); }
  Compared names() const { return {before, after}; }
};

// What a comparison came to: the report, and whether the status says that there is something.
struct Outcome {
  std::string report;
  bool counts = false;
};

enum class Kind { profile, recording, capabilities };

// A recording and a report on capabilities name their schemas; a profile names no snug schema at all.
Kind kind_of(std::string_view text) {
  if (text.find("\"snug.recording/") != std::string_view::npos) return Kind::recording;
  if (text.find("\"snug.capabilities/") != std::string_view::npos) return Kind::capabilities;
  return Kind::profile;
}

bool is_powerful(const std::string& name) {
  return find_powerful(name) != nullptr;
}

// Of an ABI that is newly covered the report names no calls, so that all of them are taken for powerful ones.
bool counts(const ProfileDiff& diff, const DiffOptions& options) {
  if (options.gates.empty()) return !diff.empty();
  const bool new_abi = std::ranges::any_of(
      diff.archs, [](const ArchChange& change) { return change.is_added && change.allowed > 0; });
  const bool all_allowed = diff.unnamed && diff.unnamed->after.action == Action::allow;
  return new_abi || all_allowed || std::ranges::any_of(diff.calls, [&](const CallChange& change) {
           if (!allows_more(change.change)) return false;
           if (options.gates_on("powerful") && is_powerful(change.name)) return true;
           return options.gates_on(change.change == Change::added ? "added" : "loosened");
         });
}

bool counts(const CapabilityDiff& diff, const DiffOptions& options) {
  if (options.gates.empty()) return !diff.empty();
  return std::ranges::any_of(diff.added, [&](const CapabilityAdded& added) {
    return options.gates_on("added") || (options.gates_on("powerful") && advice_on(added.number).gives_root);
  });
}

bool counts(const RecordingDiff& diff, const DiffOptions& options) {
  if (options.gates.empty()) return !diff.empty();
  if (counts(diff.capabilities, options)) return true;
  const bool added = std::ranges::any_of(diff.added, [&](const CallSeen& call) {
    return options.gates_on("added") || (options.gates_on("powerful") && is_powerful(call.name));
  });
  return added || std::ranges::any_of(diff.values, [&](const NewValues& values) {
           return options.gates_on("loosened") || (options.gates_on("powerful") && is_powerful(values.name));
         });
}

Result<Outcome> compare_profiles(const DiffOptions& options, const std::string& before, const std::string& after) {
  const auto reading = read_options_of(options.reading);
  if (!reading) return reading.error();
  const auto old_profile = parse_any(before, options.before, *reading);
  if (!old_profile) return old_profile.error();
  const auto new_profile = parse_any(after, options.after, *reading);
  if (!new_profile) return new_profile.error();
  const auto recording = load_recordings(options.recordings);
  if (!recording) return recording.error();

  const ProfileDiff found = diff(*old_profile, *new_profile);
  const auto evidence = evidence_by_name(*recording);
  const std::string report = options.format == "json"       ? render_diff_json(found, options.names(), evidence)
                             : options.format == "markdown" ? render_diff_markdown(found, options.names(), evidence)
                                                            : render_diff_text(found, options.names(), evidence);
  return Outcome{report, counts(found, options)};
}

template <typename Difference>
Outcome outcome_of(const Difference& found, const DiffOptions& options) {
  const Compared names = options.names();
  const std::string report = options.format == "json"       ? render_diff_json(found, names)
                             : options.format == "markdown" ? render_diff_markdown(found, names)
                                                            : render_diff_text(found, names);
  return {report, counts(found, options)};
}

void warn_of_gaps(const Recording& recording, const std::string& path) {
  const auto reasons = incomplete_because(recording);
  if (!reasons.empty()) warn(fmt::format("{} is incomplete, so calls may be missing: {}", path, reasons.front()));
}

// What makes both less than certain alike does not make a difference.
void warn_of_doubts(const CapabilityDiff& diff, const DiffOptions& options) {
  constexpr std::string_view kWarning = "{} may lack needs of capabilities that {} has: {}";
  for (const std::string& doubt : diff.doubts_of_before)
    warn(fmt::format(kWarning, options.before, options.after, without_controls(doubt)));
  for (const std::string& doubt : diff.doubts_of_after)
    warn(fmt::format(kWarning, options.after, options.before, without_controls(doubt)));
}

Result<Outcome> compare_recordings(const DiffOptions& options, const std::string& before,
                                   const std::string& after) {
  const auto old_recording = parse_recording(before, options.before);
  if (!old_recording) return old_recording.error();
  const auto new_recording = parse_recording(after, options.after);
  if (!new_recording) return new_recording.error();
  warn_of_gaps(*old_recording, options.before);
  warn_of_gaps(*new_recording, options.after);

  const RecordingDiff found = diff(*old_recording, *new_recording);
  warn_of_doubts(found.capabilities, options);
  return outcome_of(found, options);
}

Result<Outcome> compare_capabilities(const DiffOptions& options, const std::string& before,
                                     const std::string& after) {
  const auto old_needs = parse_capabilities(before, options.before);
  if (!old_needs) return old_needs.error();
  const auto new_needs = parse_capabilities(after, options.after);
  if (!new_needs) return new_needs.error();

  const CapabilityDiff found = diff(*old_needs, *new_needs);
  warn_of_doubts(found, options);
  return outcome_of(found, options);
}

Error cannot_compare(const DiffOptions& options, Kind before, Kind after) {
  Error error{ErrorCode::usage, fmt::format("cannot compare {} with {}", options.before, options.after),
              "one is a recording and the other is not",
              "make a profile of the recording first: snug generate RECORDING -o FILE"};
  if (before != Kind::capabilities && after != Kind::capabilities) return error;
  error.because = "one is a report of snug caps and the other is not";
  error.remedy = "compare it with another such report: snug caps --format json RECORDING -o FILE";
  return error;
}

Result<Outcome> compare_kind(const DiffOptions& options, const std::string& before, const std::string& after) {
  const Kind kind = kind_of(before);
  if (kind != kind_of(after)) return cannot_compare(options, kind, kind_of(after));
  if (kind == Kind::profile) return compare_profiles(options, before, after);
  if (!options.recordings.empty()) {
    return Error{ErrorCode::usage, "--recording goes with two profiles",
                 fmt::format("two {} bring their own evidence",
                             kind == Kind::recording ? "recordings" : "reports of snug caps"),
                 "leave --recording out"};
  }
  return kind == Kind::recording ? compare_recordings(options, before, after)
                                 : compare_capabilities(options, before, after);
}

Result<Outcome> compare(const DiffOptions& options) {
  if (options.before == "-" && options.after == "-") {
    return Error{ErrorCode::usage, "cannot compare standard input with itself", "both names are '-'",
                 "give a file for one of them"};
  }
  const auto before = read_file(options.before);
  if (!before) return before.error();
  const auto after = read_file(options.after);
  if (!after) return after.error();
  return compare_kind(options, *before, *after);
}

int run_diff(const DiffOptions& options) {
  const auto outcome = compare(options);
  if (!outcome) return complain(outcome.error()), kBadInput;
  const auto written = write_file("-", outcome->report);
  if (!written) return complain(written.error()), kBadInput;
  return outcome->counts ? kFindings : kSuccess;
}

}  // namespace

void add_diff(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App* const verb = app.add_subcommand("diff", "Tell what two profiles, or two recordings, do differently");
  verb->add_option("OLD", options->before,
                   "A profile in any format, a recording, or JSON of snug caps; '-' is standard input")
      ->required();
  verb->add_option("NEW", options->after, "Another of the same kind")->required();
  verb->add_option("--recording", options->recordings, "Recordings that tell who makes the calls; repeatable")
      ->type_name("FILE");
  verb->add_option("--format", options->format, "How to say it: text, json, or markdown for a review")
      ->check(CLI::IsMember({"text", "json", "markdown"}))
      ->type_name("FORMAT");
  verb->add_option("--fail-on", options->gates,
                   "Exit with 1 only for added calls or capabilities, loosened arguments, powerful ones")
      ->delimiter(',')
      ->check(CLI::IsMember({"added", "loosened", "powerful"}))
      ->type_name("LIST");
  add_read_options(*verb, options->reading);
  verb->footer(
      "Only what profiles do counts: order, grouping, format and comments do not. Every difference comes with a\n"
      "call that the two decide differently. Of recordings, what was called counts, and which capabilities that\n"
      "needs.\n\n"
      "Exit status: 0 when there is no difference, 1 when there is one (with --fail-on: one of those), 2 when\n"
      "something cannot be read.");
  verb->callback([options, &invocation] { invocation.status = run_diff(*options); });
}

}  // namespace snug::cli
