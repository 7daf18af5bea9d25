// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/phase.hpp"

#include <fmt/format.h>

#include <memory>

#include "cli/messages.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"
#include "tracer/core/phase_marker.hpp"

namespace snug::cli {
namespace {

struct PhaseOptions {
  std::string name;
  bool quiet = false;
};

// Unwatched, the script that calls this must go on as it does when it is watched.
int run_phase(const PhaseOptions& options) {
  if (!tracer::is_phase_name(options.name)) {
    complain({ErrorCode::usage, fmt::format("'{}' cannot be a phase's name", options.name),
              "it is 1 to 32 letters, digits, dots, dashes and underscores", "snug phase serving"});
    return kBadInput;
  }
  if (!tracer::mark_phase(options.name) && !options.quiet) {
    say("nobody records this; under 'snug trace' the phase " + options.name + " would begin here");
  }
  return kSuccess;
}

}  // namespace

void add_phase(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<PhaseOptions>();
  CLI::App* const verb = app.add_subcommand("phase", "Within a traced command: begin a phase of the recording");
  verb->add_option("NAME", options->name, "The phase that the calls from now on belong to, e.g. 'serving'")
      ->required();
  verb->add_flag("-q,--quiet", options->quiet, "Do not say when nobody records");
  verb->footer("Exit status: 0, also when nobody records; 2 when NAME cannot be a phase's name.");
  verb->callback([options, &invocation] { invocation.status = run_phase(*options); });
}

}  // namespace snug::cli
