// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <system_error>

#include "cli/files.hpp"
#include "cli/generate.hpp"
#include "cli/messages.hpp"
#include "cli/recordings.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"
#include "tracer/linux/observe.hpp"

namespace snug::cli {
namespace {

struct TraceOptions {
  tracer::ObserveOptions observe;
  std::string output = "snug.recording.json";
  std::string profile;
  std::string stops = "auto";
  bool append = false;
  bool quiet = false;

  bool adds_to_existing() const { return append && !is_stream(output) && access(output.c_str(), F_OK) == 0; }
};

// Everything that can be known to fail is tried before the workload runs: its work must not be lost.
Result<Done> check_outputs(const TraceOptions& options) {
  if (options.observe.command.empty()) {
    return Error{ErrorCode::usage, "no command to trace", "nothing stands behind '--'",
                 "snug trace -- COMMAND [ARGUMENT...]"};
  }
  if (!options.profile.empty() && is_same_file(options.output, options.profile)) {
    return Error{ErrorCode::usage,
                 fmt::format("cannot write both the recording and the profile to {}", options.profile),
                 "one would replace the other", "choose different files for -o and --profile"};
  }
  if (const auto output = check_writable(options.output); !output) return output.error();
  if (!options.profile.empty()) {
    if (const auto profile = check_writable(options.profile); !profile) return profile.error();
  }
  if (options.adds_to_existing()) {
    if (const auto before = load_recording(options.output); !before) return before.error();
  }
  return Done{};
}

// With --append the file's own recording is read and replaced under a lock, so that parallel jobs can share it.
// Returns what the file holds now.
Result<Recording> save(const TraceOptions& options, Recording recording) {
  std::optional<FileLock> lock;
  if (options.append && !is_stream(options.output)) {
    auto taken = FileLock::take(options.output);
    if (!taken) return taken.error();
    lock.emplace(std::move(*taken));
  }
  if (options.adds_to_existing()) {
    const auto before = load_recording(options.output);
    if (!before) return before.error();
    recording = merge(std::move(recording), *before);
  }
  const auto written = write_file(options.output, render(recording));
  if (!written) return written.error();
  return recording;
}

// What cannot be saved where it belongs is saved where it can be: the workload may have run for hours.
Error rescue(const Error& failure, const Recording& recording) {
  std::error_code no_place;
  const auto folder = std::filesystem::temp_directory_path(no_place);
  const std::string path = folder / fmt::format("snug.recording.{}.json", getpid());
  if (no_place || !write_file(path, render(recording))) return failure;
  Error rescued = failure;
  rescued.remedy = fmt::format("the recording of this run is in {}; {}", path, failure.remedy);
  return rescued;
}

void summarize(const TraceOptions& options, const tracer::Observed& observed) {
  const Run& run = observed.run();
  std::string text = fmt::format(
      "{} of {} by {} in {:.1f} s, recorded in {}", counted(run.accounting.calls, "call"),
      counted(observed.recording.syscalls.size(), "system call"), counted(observed.processes, "process"),
      static_cast<double>(run.duration_ms) / 1000, is_stream(options.output) ? "standard output" : options.output);
  text += run.incomplete_because.empty() ? "\ncomplete: every task and every call is accounted for"
                                         : fmt::format("\nINCOMPLETE: {}", fmt::join(run.incomplete_because, "\n"));
  if (options.profile.empty() && !is_stream(options.output)) {
    text += fmt::format("\nnext: snug generate {} -o seccomp.json", shell_line({options.output}));
  }
  say(text);
}

// The status is the workload's own, unless we could not do our part.
Result<int> trace(const TraceOptions& options) {
  if (const auto checked = check_outputs(options); !checked) return checked.error();
  const auto observed = tracer::observe(options.observe);
  if (!observed) return observed.error();
  const auto saved = save(options, observed->recording);
  if (!saved) return rescue(saved.error(), observed->recording);
  if (!options.quiet) summarize(options, *observed);
  if (!options.profile.empty()) {
    const auto written = write_profile(*saved, {}, options.profile, options.quiet);
    if (!written) return written.error();
  }
  return workload_status(observed->run().exit);
}

const std::map<std::string, tracer::StopChoice> kStopChoices{{"auto", tracer::StopChoice::automatic},
                                                             {"seccomp", tracer::StopChoice::seccomp},
                                                             {"syscall", tracer::StopChoice::syscall}};

void run_trace(TraceOptions& options, Invocation& invocation) {
  options.observe.command = invocation.workload;
  options.observe.stops = kStopChoices.at(options.stops);
  options.observe.tracer_version = SNUG_VERSION;
  if (!options.quiet) {
    options.observe.when_only_descendants_are_left = [](std::uint64_t alive) {
      say(fmt::format("the command has ended; recording until its {} too (Ctrl-C ends {})",
                      alive == 1 ? "1 descendant ends" : fmt::format("{} descendants end", alive),
                      alive == 1 ? "it" : "them"));
    };
  }
  const auto status = trace(options);
  if (!status) complain(status.error());
  invocation.status = status ? *status : tracer_status(status.error());
}

}  // namespace

void add_trace(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<TraceOptions>();
  CLI::App* const verb = app.add_subcommand("trace", "Run a command and record every system call it makes");
  show_usage(*verb, "snug trace [OPTIONS] -- COMMAND [ARGUMENT...]");
  verb->add_option("-o,--output", options->output, "The recording; default: snug.recording.json")
      ->option_text("FILE");
  verb->add_option("--profile", options->profile, "Also generate a seccomp profile from the recording")
      ->option_text("FILE");
  verb->add_flag("--append", options->append,
                 "Add to the recording that FILE already holds; safe from parallel jobs");
  verb->add_option("--stops", options->stops,
                   "How calls are caught: one stop a call, or two, or whichever leaves the workload unchanged")
      ->check(CLI::IsMember({"auto", "seccomp", "syscall"}))
      ->option_text("auto|seccomp|syscall");
  verb->add_flag_callback(
      "--no-stacks", [options] { options->observe.read_stacks = false; },
      "Do not look at the stack of first calls: faster");
  verb->add_flag("-q,--quiet", options->quiet, "Print warnings and errors only");
  verb->footer(
      "The command keeps its standard streams; signals sent to snug reach it. Recording goes on until the last\n"
      "descendant has ended.\n\n"
      "Exit status: the command's own (128+N when signal N killed it); 125 when snug failed, 126 when the command\n"
      "cannot be run, 127 when it does not exist.");
  verb->callback([options, &invocation] { run_trace(*options, invocation); });
}

}  // namespace snug::cli
