// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/recordings.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"

namespace snug::cli {
namespace {

struct MergeOptions {
  std::vector<std::string> recordings;
  std::string output = "-";
};

int run_merge(const MergeOptions& options) {
  const auto merged = load_recordings(options.recordings);
  if (!merged) return complain(merged.error()), file_status(merged.error());
  const auto written = write_file(options.output, render(*merged));
  if (!written) return complain(written.error()), file_status(written.error());
  return kSuccess;
}

}  // namespace

void add_merge(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<MergeOptions>();
  CLI::App* const verb = app.add_subcommand("merge", "Unite recordings of any number of runs");
  verb->add_option("RECORDING", options->recordings, "Recordings, in any order; '-' is standard input")->required();
  verb->add_option("-o,--output", options->output, "Where to write the union; default: standard output")
      ->type_name("FILE");
  verb->footer("Exit status: 0; 2 when a recording cannot be read or the result cannot be written.");
  verb->callback([options, &invocation] { invocation.status = run_merge(*options); });
}

}  // namespace snug::cli
