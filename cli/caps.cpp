// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <memory>
#include <utility>

#include "cli/capability_search.hpp"
#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/recordings.hpp"
#include "cli/status.hpp"
#include "cli/trial.hpp"
#include "cli/verbs.hpp"
#include "generator/core/capability_report.hpp"
#include "generator/core/minimizer.hpp"
#include "generator/formats/capabilities.hpp"
#include "generator/formats/capability_words.hpp"
#include "tracer/linux/proc.hpp"

namespace snug::cli {
namespace {

using std::chrono::milliseconds;

struct CapsOptions {
  std::vector<std::string> recordings;
  std::vector<std::string> command;
  bool verify = false;
  std::string engine;
  std::string format = "text";
  std::string output = "-";
  std::size_t runs = 200;
  double timeout = 0;  // seconds; 0: by what the first run took
  std::string log = "/dev/null";
  bool allow_incomplete = false;
  bool quiet = false;
};

// What is known before anything is tried, and how long a run may take from now on.
struct Known {
  CapabilityReport report;
  CapabilitySet suspected = 0;
  milliseconds limit{0};
};

Error misuse(std::string what, std::string because, std::string remedy) {
  return {ErrorCode::usage, std::move(what), std::move(because), std::move(remedy)};
}

Result<Done> check(const CapsOptions& options) {
  if (options.recordings.empty() && options.command.empty()) {
    return misuse("nothing to find capabilities for", "there is neither a recording nor a command behind '--'",
                  "snug caps RECORDING...; or snug caps --verify -- COMMAND");
  }
  if (!options.recordings.empty() && !options.command.empty() && !options.verify) {
    return misuse("cannot use both recordings and a command", "either tells what is needed by itself",
                  "add --verify, to run the command without what the recordings do not show to be needed");
  }
  if (options.command.empty() && (options.verify || !options.engine.empty())) {
    return misuse("no command to verify with", "nothing stands behind '--'",
                  "snug caps --verify [RECORDING...] -- COMMAND [ARGUMENT...]");
  }
  if (!options.engine.empty() && !options.verify) {
    return misuse("--engine goes with --verify only", "a container is recorded by snug's runtime (snug runtime)",
                  "snug caps RECORDING..., or add --verify");
  }
  if (options.verify && options.runs < kFewestRuns) {
    return misuse(fmt::format("cannot verify in {} runs", options.runs), "it takes more to tell anything",
                  fmt::format("allow at least {}", kFewestRuns));
  }
  if (is_stream(options.output)) return Done{};
  for (const std::string& recording : options.recordings) {
    if (is_same_file(recording, options.output))
      return misuse(fmt::format("cannot write to {}", options.output), "it is one of the recordings",
                    "choose another file with -o");
  }
  return check_writable(options.output);
}

Result<CapabilityReport> report_of(const Recording& recording, const CapsOptions& options) {
  return report_capabilities(recording,
                             options.allow_incomplete ? IncompleteRuns::accepted : IncompleteRuns::refused);
}

tracer::ApartOptions apart_of(const CapsOptions& options) {
  return {milliseconds(std::llround(options.timeout * 1000)), options.log};
}

Result<Known> learn_from_recordings(const CapsOptions& options) {
  const auto recording = load_recordings(options.recordings);
  if (!recording) return recording.error();
  auto report = report_of(*recording, options);
  if (!report) return report.error();
  milliseconds longest{0};
  for (const auto& [id, run] : recording->runs)
    longest = std::max(longest, milliseconds(static_cast<std::int64_t>(run.duration_ms)));
  return Known{std::move(*report), suspected_capabilities(*recording), longest_run(longest)};
}

Result<Known> learn_from_command(const CapsOptions& options) {
  if (!options.quiet) say("recording what the command needs");
  const auto recorded = record_apart(options.command, apart_of(options), OfInterest::capabilities);
  if (!recorded) return recorded.error();
  auto report = report_of(recorded->recording, options);
  if (!report) return report.error();
  return Known{std::move(*report), suspected_capabilities(recorded->recording), longest_run(recorded->duration)};
}

// A container is a stranger until it is tried; its first start may have to fetch an image.
Result<Known> learn(const CapsOptions& options) {
  if (!options.recordings.empty()) return learn_from_recordings(options);
  if (options.engine.empty()) return learn_from_command(options);
  constexpr milliseconds kLongestStart{300'000};
  return Known{{}, 0, kLongestStart};
}

constexpr CapabilitySet kAll = (CapabilitySet{1} << kCapabilities) - 1;

Result<Done> prove(const CapsOptions& options, Known& known) {
  CapabilitySearch search{
      .command = options.command,
      .engine = options.engine,
      .held = options.engine.empty() ? tracer::status_number(0, "CapEff", 16).value_or(0) : kAll,
      .suspected = known.suspected,
      .no_new_privileges = known.report.new_privileges == NewPrivileges::none,
      .runs = options.runs,
      .quiet = options.quiet,
      .apart = apart_of(options)};
  if (options.timeout == 0) search.apart.limit = known.limit;
  if (search.held == 0) {
    return Error{ErrorCode::not_permitted, "cannot try what the command needs",
                 "snug has no capability to take away",
                 "run it as root, whose programs are the ones that have capabilities"};
  }
  if (!options.engine.empty()) {
    // What the machine itself does not have, the engine cannot give.
    search.held &= tracer::status_number(0, "CapBnd", 16).value_or(kAll);
  }
  return prove(search, known.report);
}

std::string render(const CapabilityReport& report, const std::string& format) {
  if (format == "text") return render_text(report);
  if (format == "json") return render_json(report);
  return render_capabilities(grant_of(report), *capability_format_named(format));
}

void warn_of(const CapabilityReport& report, const CapsOptions& options) {
  for (const std::string& warning : report.warnings) warn(warning);
  const auto format = capability_format_named(options.format);
  if (!format) return;
  if (const auto caveat = caveat_of(grant_of(report), *format); !caveat.empty()) warn(std::string(caveat));
}

Result<Done> run(const CapsOptions& options) {
  if (const auto checked = check(options); !checked) return checked.error();
  auto known = learn(options);
  if (!known) return known.error();
  if (options.verify) {
    if (const auto proven = prove(options, *known); !proven) return proven.error();
  }
  warn_of(known->report, options);
  return write_file(options.output, render(known->report, options.format));
}

void add_search_options(CLI::App& verb, CapsOptions& options) {
  verb.add_flag("--verify", options.verify, "Prove it: run the command again and again with fewer capabilities");
  verb.add_option("--engine", options.engine,
                  "With --verify: try it in containers; the command is what stands behind 'ENGINE run'")
      ->option_text("docker|podman|PROGRAM");
  verb.add_option("--runs", options.runs, "Run the command at most so often; default: 200")->type_name("N");
  verb.add_option("--timeout", options.timeout,
                  "A run that lasts longer has failed; default: ten times the first, at least 10")
      ->check(CLI::Range(0.001, 1e6))
      ->option_text("SECONDS");
  verb.add_option("--log", options.log, "Add what the runs print to FILE; default: it is dropped")
      ->type_name("FILE");
}

}  // namespace

void add_caps(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<CapsOptions>();
  CLI::App* const verb = app.add_subcommand("caps", "Recommend the capabilities that a workload needs, and why");
  show_usage(*verb,
             "snug caps [OPTIONS] RECORDING...\n       snug caps [OPTIONS] [--verify [RECORDING...]] -- COMMAND "
             "[ARGUMENT...]");
  verb->add_option("recordings", options->recordings, "What snug trace or snug runtime has written")
      ->option_text("RECORDING...");
  std::vector<std::string> formats = capability_format_names();
  formats.insert(formats.begin(), {"text", "json"});
  verb->add_option("--format", options->format, "What to write; default: text")
      ->check(CLI::IsMember(formats))
      ->option_text(fmt::format("{}", fmt::join(formats, "|")));
  verb->add_option("-o,--output", options->output, "Where to write it; default: standard output")
      ->type_name("FILE");
  add_search_options(*verb, *options);
  verb->add_flag("--allow-incomplete", options->allow_incomplete, "Use recordings that may have missed something");
  verb->add_flag("-q,--quiet", options->quiet, "Print warnings and errors only");
  verb->footer(
      "A call needs a capability when it succeeds and would not have without: that is judged by its arguments and\n"
      "the files, users and limits that it is about. With --verify the command is run as root again and again, "
      "with\n"
      "fewer capabilities each time. It passes when it ends with status 0, and its programs come to the same\n"
      "credentials, and its files to the same owners and modes, as with all of them. It must be able to run many\n"
      "times.\n\n"
      "Exit status: 0; 2 when a recording cannot be used, 4 when it is incomplete or the command fails with every\n"
      "capability; 125 when snug failed, 126 when the command cannot be run, 127 when it does not exist.");
  verb->callback([options, &invocation] {
    options->command = invocation.workload;
    const auto done = run(*options);
    if (!done) complain(done.error());
    const bool has_command = !options->command.empty();
    invocation.status = done          ? kSuccess
                        : has_command ? verification_status(done.error())
                                      : file_status(done.error());
  });
}

}  // namespace snug::cli
