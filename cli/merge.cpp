// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

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

int run_merge(const MergeOptions& options) {
  const auto merged = load_recordings(options.recordings);
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
  verb->add_flag("--coverage", options->coverage, "Print in how many of the runs each call was seen");
  verb->add_flag("-q,--quiet", options->quiet, "Print errors, and what was asked for, only");
  verb->footer("Exit status: 0; 2 when a recording cannot be read or the result cannot be written.");
  verb->callback([options, &invocation] { invocation.status = run_merge(*options); });
}

}  // namespace snug::cli
