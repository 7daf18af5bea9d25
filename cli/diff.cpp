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
#include "generator/core/powerful.hpp"
#include "generator/formats/format.hpp"

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

// A recording names its schema; a profile names no snug schema at all.
bool is_recording(std::string_view text) {
  return text.find("\"snug.recording/") != std::string_view::npos;
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

bool counts(const RecordingDiff& diff, const DiffOptions& options) {
  if (options.gates.empty()) return !diff.empty();
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

void warn_of_gaps(const Recording& recording, const std::string& path) {
  const auto reasons = incomplete_because(recording);
  if (!reasons.empty()) warn(fmt::format("{} is incomplete, so calls may be missing: {}", path, reasons.front()));
}

Result<Outcome> compare_recordings(const DiffOptions& options, const std::string& before,
                                   const std::string& after) {
  if (!options.recordings.empty()) {
    return Error{ErrorCode::usage, "--recording goes with two profiles", "two recordings bring their own evidence",
                 "leave --recording out"};
  }
  const auto old_recording = parse_recording(before, options.before);
  if (!old_recording) return old_recording.error();
  const auto new_recording = parse_recording(after, options.after);
  if (!new_recording) return new_recording.error();
  warn_of_gaps(*old_recording, options.before);
  warn_of_gaps(*new_recording, options.after);

  const RecordingDiff found = diff(*old_recording, *new_recording);
  const Compared names = options.names();
  const std::string report = options.format == "json"       ? render_diff_json(found, names)
                             : options.format == "markdown" ? render_diff_markdown(found, names)
                                                            : render_diff_text(found, names);
  return Outcome{report, counts(found, options)};
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
  if (is_recording(*before) != is_recording(*after)) {
    return Error{ErrorCode::usage, fmt::format("cannot compare {} with {}", options.before, options.after),
                 "one is a recording and the other is not",
                 "make a profile of the recording first: snug generate RECORDING -o FILE"};
  }
  return is_recording(*before) ? compare_recordings(options, *before, *after)
                               : compare_profiles(options, *before, *after);
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
  verb->add_option("OLD", options->before, "A profile in any format, or a recording; '-' is standard input")
      ->required();
  verb->add_option("NEW", options->after, "Another of the same kind")->required();
  verb->add_option("--recording", options->recordings, "Recordings that tell who makes the calls; repeatable")
      ->type_name("FILE");
  verb->add_option("--format", options->format, "How to say it: text, json, or markdown for a review")
      ->check(CLI::IsMember({"text", "json", "markdown"}))
      ->type_name("FORMAT");
  verb->add_option("--fail-on", options->gates,
                   "Exit with 1 for these only: added calls, loosened arguments, powerful calls")
      ->delimiter(',')
      ->check(CLI::IsMember({"added", "loosened", "powerful"}))
      ->type_name("LIST");
  add_read_options(*verb, options->reading);
  verb->footer(
      "Only what profiles do counts: order, grouping, format and comments do not. Every difference comes with a\n"
      "call that the two decide differently.\n\n"
      "Exit status: 0 when there is no difference, 1 when there is one (with --fail-on: one of those), 2 when\n"
      "something cannot be read.");
  verb->callback([options, &invocation] { invocation.status = run_diff(*options); });
}

}  // namespace snug::cli
