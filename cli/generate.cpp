// SPDX-License-Identifier: Apache-2.0
#include "cli/generate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/recordings.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"
#include "generator/formats/bpf.hpp"
#include "generator/formats/oci.hpp"

namespace snug::cli {
namespace {

struct GenerateArguments {
  std::vector<std::string> recordings;
  std::string output = "-";
  std::string format = "oci";
  bool allow_incomplete = false;
  bool no_floor = false;
  bool quiet = false;
};

void warn_about(const Generated& generated) {
  for (const std::string& warning : generated.warnings) warn(warning);
  if (const auto unknown = names_unknown_to_libseccomp(generated.profile); !unknown.empty()) {
    warn(fmt::format(
        "this machine's libseccomp does not know {}: a runtime that uses it gives {} the default action",
        fmt::join(unknown, ", "), unknown.size() == 1 ? "it" : "them"));
  }
}

Result<Done> check_output(const GenerateArguments& arguments) {
  for (const std::string& recording : arguments.recordings) {
    if (is_stream(arguments.output) || !is_same_file(recording, arguments.output)) continue;
    return Error{ErrorCode::usage, fmt::format("cannot write the profile to {}", arguments.output),
                 "it is one of the recordings", "choose another file with -o"};
  }
  return Done{};
}

int run_generate(const GenerateArguments& arguments) {
  if (const auto checked = check_output(arguments); !checked) {
    return complain(checked.error()), file_status(checked.error());
  }
  const auto recording = load_recordings(arguments.recordings);
  if (!recording) return complain(recording.error()), file_status(recording.error());
  const GenerateOptions options{
      .floor = arguments.no_floor ? FloorChoice::none : FloorChoice::full,
      .incomplete = arguments.allow_incomplete ? Incomplete::accepted : Incomplete::refused};
  const auto written = write_profile(*recording, options, arguments.output, arguments.quiet);
  if (!written) return complain(written.error()), file_status(written.error());
  return kSuccess;
}

}  // namespace

Result<Done> write_profile(const Recording& recording, const GenerateOptions& options, const std::string& output,
                           bool quiet) {
  const auto generated = generate(recording, options);
  if (!generated) return generated.error();
  const auto written = write_file(output, render_oci(generated->profile));
  if (!written) return written.error();

  warn_about(*generated);
  if (!quiet) {
    const AllowedCounts& counts = generated->counts;
    say(fmt::format("{} allowed in {}: {} observed, {} that every process needs, {} for the container runtime",
                    counted(counts.total(), "system call"), output == "-" ? "the profile" : output, counts.observed,
                    counts.always, counts.floor));
  }
  return Done{};
}

void add_generate(CLI::App& app, Invocation& invocation) {
  auto arguments = std::make_shared<GenerateArguments>();
  CLI::App* const verb = app.add_subcommand("generate", "Turn recordings into a minimal seccomp profile");
  verb->add_option("RECORDING", arguments->recordings, "Recordings, in any order; '-' is standard input")
      ->required();
  verb->add_option("-o,--output", arguments->output, "Where to write the profile; default: standard output")
      ->type_name("FILE");
  verb->add_option("--format", arguments->format, "Who reads it: oci or docker; one form serves all of them")
      ->check(CLI::IsMember({"oci", "docker"}))
      ->type_name("FORMAT");
  verb->add_flag("--allow-incomplete", arguments->allow_incomplete,
                 "Accept a recording that says calls were missed; the profile may then deny what is needed");
  verb->add_flag("--no-floor", arguments->no_floor,
                 "Leave out what container runtimes call themselves; for use without a container");
  verb->add_flag("-q,--quiet", arguments->quiet, "Print warnings and errors only");
  verb->footer(
      "Exit status: 0; 2 when the input cannot be read or the profile cannot be written; 4 when the recording\n"
      "is incomplete or empty, so that a profile from it would break the workload.");
  verb->callback([arguments, &invocation] { invocation.status = run_generate(*arguments); });
}

}  // namespace snug::cli
