// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/recordings.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"
#include "generator/core/coverage.hpp"
#include "snug/syscalls.hpp"

namespace snug::cli {
namespace {

struct MergeOptions {
  std::vector<std::string> recordings;
  std::vector<std::string> where;  // KEY=VALUE each
  std::string output = "-";
  bool coverage = false;
  bool quiet = false;
};

// The rarest calls first, which a reader looks for.
std::string coverage_table(const Recording& recording, Coverage coverage) {
  std::ranges::stable_sort(coverage.calls, {}, &CallCoverage::runs);
  std::string text = fmt::format("{:>6} {:>12}  call", "runs", "calls");
  for (const CallCoverage& call : coverage.calls) {
    const auto name = syscall_name(call.call.arch, call.call.number);
    text += fmt::format("\n{:>6} {:>12}  {}{}", call.runs, call.count,
                        name ? std::string(*name) : fmt::format("number {}", call.call.number),
                        call.call.arch == native_arch() ? "" : fmt::format(" ({})", name_of(call.call.arch)));
    if (!call.only_run.empty() && coverage.runs > 1)
      text += fmt::format("  only in: {}", fmt::join(recording.runs.at(call.only_run).command, " "));
  }
  return text;
}

void summarize(const MergeOptions& options, const Recording& merged) {
  const Coverage coverage = coverage_of(merged);
  if (options.coverage) say(coverage_table(merged, coverage));
  if (options.quiet) return;
  std::string text =
      fmt::format("{} of {} in {}", counted(coverage.calls.size(), "system call"), counted(coverage.runs, "run"),
                  is_stream(options.output) ? "the union" : options.output);
  const auto estimated = estimate(coverage);
  text += "\n" + (estimated ? describe(*estimated) : "one run alone tells nothing of what others would call");
  say(text);
}

// What --where can ask of a run's container.
struct Place {
  const char* key;
  std::string Container::*value;
};
constexpr std::array kPlaces{Place{"id", &Container::id},         Place{"name", &Container::name},
                             Place{"image", &Container::image},   Place{"pod", &Container::pod},
                             Place{"engine", &Container::engine}, Place{"namespace", &Container::name_space}};

std::string check_where(const std::string& asked) {
  const auto is_asked = [&](const Place& place) { return asked.starts_with(fmt::format("{}=", place.key)); };
  if (std::ranges::any_of(kPlaces, is_asked)) return "";
  return fmt::format("{} is none of id=, name=, image=, pod=, namespace=, engine=", asked);
}

bool is_where(const Run& run, const std::string& asked) {
  const auto equals = asked.find('=');
  const auto place =
      std::ranges::find_if(kPlaces, [&](const Place& each) { return asked.substr(0, equals) == each.key; });
  return run.container && (*run.container).*(place->value) == asked.substr(equals + 1);
}

// Whether every run of it took place there: a recording is taken whole or not at all.
bool is_wanted(const Recording& recording, const std::vector<std::string>& where) {
  return std::ranges::all_of(recording.runs, [&](const auto& entry) {
    return std::ranges::all_of(where, [&](const std::string& asked) { return is_where(entry.second, asked); });
  });
}

Result<Recording> merge_wanted(const MergeOptions& options) {
  if (options.where.empty()) return load_recordings(options.recordings);
  Recording all;
  for (const std::string& path : options.recordings) {
    const auto one = load_recording(path);
    if (!one) return one.error();
    if (is_wanted(*one, options.where)) all = merge(std::move(all), *one);
  }
  if (!all.runs.empty()) return all;
  return Error{ErrorCode::bad_input, fmt::format("no recording is from {}", fmt::join(options.where, ", ")),
               fmt::format("{} read", counted(options.recordings.size(), "recording")),
               "each recording says under \"container\" what it is from"};
}

int run_merge(const MergeOptions& options) {
  const auto merged = merge_wanted(options);
  if (!merged) return complain(merged.error()), file_status(merged.error());
  const auto written = write_file(options.output, render(*merged));
  if (!written) return complain(written.error()), file_status(written.error());
  summarize(options, *merged);
  return kSuccess;
}

}  // namespace

void add_merge(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<MergeOptions>();
  CLI::App* const verb = app.add_subcommand("merge", "Unite recordings of any number of runs");
  verb->add_option("RECORDING", options->recordings, "Recordings, in any order; '-' is standard input")->required();
  verb->add_option("-o,--output", options->output, "Where to write the union; default: standard output")
      ->type_name("FILE");
  verb->add_option("--where", options->where,
                   "Only recordings of containers of which this is true: id, name, image, pod, namespace or\n"
                   "engine; repeatable")
      ->allow_extra_args(false)
      ->check(CLI::Validator(check_where, ""))
      ->option_text("KEY=VALUE");
  verb->add_flag("--coverage", options->coverage, "Print in how many of the runs each call was seen");
  verb->add_flag("-q,--quiet", options->quiet, "Print errors, and what was asked for, only");
  verb->footer("Exit status: 0; 2 when a recording cannot be read or the result cannot be written.");
  verb->callback([options, &invocation] { invocation.status = run_merge(*options); });
}

}  // namespace snug::cli
