// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/profile_output.hpp"
#include "cli/recording_output.hpp"
#include "cli/signal_names.hpp"
#include "cli/status.hpp"
#include "cli/validators.hpp"
#include "cli/verbs.hpp"
#include "generator/core/capability_report.hpp"
#include "snug/number.hpp"
#include "tracer/linux/observe.hpp"

namespace snug::cli {
namespace {

struct TraceOptions {
  tracer::ObserveOptions observe;
  tracer::LaunchPlan launch;
  tracer::AttachPlan attach;
  RecordingOutput output;
  std::string profile;
  std::string stops = "auto";
  std::string until = "last-task";
  std::string phase_signal;
  double duration = 0;    // seconds
  double checkpoint = 5;  // seconds
  bool quiet = false;
  bool checkpoints_succeed = true;  // so far

  bool attaches() const { return attach.pid != 0; }
};

// Rounded up: what is more than nothing must not become nothing, which means never.
std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
}

constexpr double kShortest = 1e-9;
constexpr double kLongest = 1e9;  // seconds: 31 years

CLI::Validator seconds_from(double least) {
  return must(fmt::format("a number of seconds{}", least > 0 ? " above 0" : ""), [least](const std::string& value) {
    const auto seconds = number_in<double>(value);
    return seconds && *seconds >= least && *seconds <= kLongest;
  });
}

Error contradiction(const std::string& what, const std::string& because, const std::string& remedy) {
  return {ErrorCode::usage, what, because, remedy};
}

Result<Done> check_target(const TraceOptions& options) {
  const bool has_command = !options.launch.command.empty();
  if (options.attaches() && has_command) {
    return contradiction("cannot both attach to a process and run a command", "--pid and a command are given",
                         "leave one of them out");
  }
  if (options.attaches() && (options.until != "last-task" || options.stops == "seccomp")) {
    return contradiction("--pid goes with neither --until nor --stops=seccomp",
                         "a process that runs already cannot be given a filter, and is recorded until you end it",
                         "use --duration, or Ctrl-C");
  }
  if (!options.attaches() && !has_command) {
    return contradiction("no command to trace", "nothing stands behind '--'",
                         "snug trace -- COMMAND [ARGUMENT...]");
  }
  if (!options.attaches() && options.duration != 0) {
    return contradiction("--duration goes with --pid only", "a command is recorded until it ends",
                         "snug trace -- timeout SECONDS COMMAND");
  }
  const bool lives_on = options.launch.survives || options.launch.until_command;
  if (lives_on && options.stops == "seccomp") {
    return contradiction("--survive and --until=command do not go with --stops=seccomp",
                         "without snug, our filter would fail every call of whoever lives on", "leave --stops out");
  }
  return Done{};
}

Result<Done> check_outputs(const TraceOptions& options) {
  const std::string& recording = options.output.path;
  if (!options.profile.empty() && is_same_file(recording, options.profile)) {
    return contradiction(fmt::format("cannot write both the recording and the profile to {}", options.profile),
                         "one would replace the other", "choose different files for -o and --profile");
  }
  if (const auto output = options.output.check(); !output) return output.error();
  if (options.profile.empty()) return Done{};
  return check_writable(options.profile);
}

// What was claimed for a complete run, and of which interval.
std::string verdict(const Run& run) {
  if (!run.incomplete_because.empty())
    return fmt::format("INCOMPLETE: {}", fmt::join(run.incomplete_because, "\n"));
  std::string text = "complete: every task and every call is accounted for";
  if (run.begin == Run::Begin::attach) text += " since snug attached; what came before was not seen";
  if (run.end == Run::End::command) {
    text += fmt::format(" until the command ended; {} let go", counted(run.accounting.tasks_detached, "task"));
  }
  return text;
}

// Which capabilities it used, if any.
std::string needs(const Recording& recording, const std::string& output) {
  const auto report = report_capabilities(recording, IncompleteRuns::accepted);
  if (!report || report->recommended == 0) return "";
  const std::string why = is_stream(output) ? "" : fmt::format("; why: snug caps {}", shell_line({output}));
  return fmt::format("\nneeds {}{}", fmt::join(names_of(report->recommended), ", "), why);
}

void summarize(const TraceOptions& options, const tracer::Observed& observed) {
  const Run& run = observed.run();
  const std::string& output = options.output.path;
  std::string text = fmt::format(
      "{} of {} by {} in {:.1f} s, recorded in {}\n{}", counted(run.accounting.calls, "call"),
      counted(observed.recording.syscalls.size(), "system call"), counted(observed.processes, "process"),
      static_cast<double>(run.duration_ms) / 1000, is_stream(output) ? "standard output" : output, verdict(run));
  text += needs(observed.recording, output);
  if (options.profile.empty() && !is_stream(output)) {
    text += fmt::format("\nnext: snug generate {} -o seccomp.json", shell_line({output}));
  }
  say(text);
}

// The status is the workload's own, unless we could not do our part; a process that we attached to has none to
// pass.
Result<int> trace(const TraceOptions& options) {
  if (const auto checked = check_target(options); !checked) return checked.error();
  if (const auto checked = check_outputs(options); !checked) return checked.error();
  const auto observed = options.attaches() ? tracer::observe(options.attach, options.observe)
                                           : tracer::observe(options.launch, options.observe);
  if (!observed) return observed.error();
  const auto saved = options.output.save(observed->recording);
  if (!saved) return rescue(saved.error(), observed->recording);
  if (!options.quiet) summarize(options, *observed);
  if (!options.profile.empty()) {
    const auto written = write_profile(*saved, {}, {.path = options.profile, .quiet = options.quiet});
    if (!written) return written.error();
  }
  return options.attaches() ? kSuccess : workload_status(observed->run().exit);
}

void say_that_descendants_are_left(std::uint64_t alive, bool are_let_go) {
  const auto who = alive == 1 ? "1 descendant" : fmt::format("{} descendants", alive);
  if (are_let_go) return say(fmt::format("the command has ended; letting {} of it go", who));
  say(fmt::format("the command has ended; recording until its {} {} too (Ctrl-C ends {})", who,
                  alive == 1 ? "ends" : "end", alive == 1 ? "it" : "them"));
}

void say_that_we_attached(const TraceOptions& options, std::uint64_t processes, std::uint64_t tasks) {
  const std::string until = options.duration == 0 ? "" : fmt::format(" or for {} s", options.duration);
  say(fmt::format("attached to {} of {}; recording until the last one ends{} (Ctrl-C lets {} go)",
                  counted(tasks, "task"), counted(processes, "process"), until, tasks == 1 ? "it" : "them"));
}

// A checkpoint that fails is no reason to disturb the workload: the final recording may find room again. Nor is it
// worth more than one warning in a row. Called by one thread only.
void write_checkpoint(TraceOptions& options, const Recording& recording) {
  const auto saved = options.output.save_checkpoint(recording);
  if (!saved && options.checkpoints_succeed) {
    warn(fmt::format("no checkpoint: {} ({})", saved.error().what, saved.error().because));
  }
  options.checkpoints_succeed = static_cast<bool>(saved);
}

const std::map<std::string, tracer::StopChoice> kStopChoices{{"auto", tracer::StopChoice::automatic},
                                                             {"seccomp", tracer::StopChoice::seccomp},
                                                             {"syscall", tracer::StopChoice::syscall}};

void prepare(TraceOptions& options) {
  options.launch.stops = kStopChoices.at(options.stops);
  options.launch.until_command = options.until == "command";
  options.attach.duration = milliseconds(options.duration);
  options.observe.tracer_version = SNUG_VERSION;
  options.observe.phase_signo = signal_number(options.phase_signal).value_or(0);
  if (options.output.is_replaceable()) options.observe.checkpoint_period = milliseconds(options.checkpoint);
  options.observe.write_checkpoint = [&](const Recording& recording) { write_checkpoint(options, recording); };
  if (options.quiet) return;
  options.launch.when_only_descendants_are_left = [&](std::uint64_t alive) {
    say_that_descendants_are_left(alive, options.launch.until_command);
  };
  options.attach.when_attached = [&](std::uint64_t processes, std::uint64_t tasks) {
    say_that_we_attached(options, processes, tasks);
  };
}

void run_trace(TraceOptions& options, Invocation& invocation) {
  options.launch.command = invocation.workload;
  prepare(options);
  const auto status = trace(options);
  if (!status) complain(status.error());
  invocation.status = status ? *status : tracer_status(status.error());
}

void add_output_options(CLI::App& verb, TraceOptions& options) {
  verb.add_option("-o,--output", options.output.path, "The recording; default: snug.recording.json")
      ->option_text("FILE");
  verb.add_option("--profile", options.profile, "Also generate a seccomp profile from the recording")
      ->option_text("FILE");
  verb.add_flag("--append", options.output.append,
                "Add to the recording that FILE already holds; safe from parallel jobs");
  verb.add_option("--checkpoint", options.checkpoint,
                  "How often what was seen so far is written to FILE; default: 5, never: 0")
      ->check(seconds_from(0))
      ->option_text("SECONDS");
  verb.add_flag("-q,--quiet", options.quiet, "Print warnings and errors only");
}

void add_observing_options(CLI::App& verb, TraceOptions& options) {
  verb.add_option("--stops", options.stops,
                  "How calls are caught: one stop a call, or two, or whichever leaves the workload unchanged")
      ->check(CLI::IsMember({"auto", "seccomp", "syscall"}))
      ->option_text("auto|seccomp|syscall");
  verb.add_flag_callback(
      "--no-stacks", [&] { options.observe.read_stacks = false; },
      "Do not look at the stack of first calls: faster");
  verb.add_flag_callback(
      "--no-capabilities", [&] { options.observe.judge_capabilities = false; },
      "Do not look at what needs capabilities: faster for root");
  verb.add_flag("--kernel-evidence", options.observe.listen_to_kernel,
                "Also keep the checks of capabilities that the kernel makes (root, Linux 6.14); slower");
  verb.add_option("--phase-signal", options.phase_signal,
                  "This signal to snug begins the phase 'serving'; default: the first wait for clients")
      ->check(is_waitable_signal())
      ->option_text("SIGNAL");
}

void add_interval_options(CLI::App& verb, TraceOptions& options) {
  verb.add_option("--until", options.until,
                  "When to end: with the last descendant, or with the command, letting its descendants go")
      ->check(CLI::IsMember({"last-task", "command"}))
      ->option_text("last-task|command");
  verb.add_flag("--survive", options.launch.survives, "Let the command live on if snug is killed");
  verb.add_option("-p,--pid", options.attach.pid, "Attach to this running process and its descendants")
      ->check(must("the number of a process",
                   [](const std::string& value) { return number_in<pid_t>(value).value_or(0) > 0; }))
      ->option_text("PID");
  verb.add_option("--duration", options.duration, "With --pid: let it go after so long")
      ->check(seconds_from(kShortest))
      ->option_text("SECONDS");
}

}  // namespace

void add_trace(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<TraceOptions>();
  CLI::App* const verb = app.add_subcommand("trace", "Run a command and record every system call it makes");
  show_usage(*verb, "snug trace [OPTIONS] -- COMMAND [ARGUMENT...]\n       snug trace [OPTIONS] --pid PID");
  add_output_options(*verb, *options);
  add_observing_options(*verb, *options);
  add_interval_options(*verb, *options);
  verb->footer(
      "The command keeps its standard streams; signals sent to snug reach it. Recording goes on until the last\n"
      "descendant has ended. A process that snug attached to is let go by Ctrl-C and lives on.\n\n"
      "Exit status: the command's own (128+N when signal N killed it), 0 with --pid; 125 when snug failed, 126 "
      "when\n"
      "the command cannot be run, 127 when it does not exist.");
  verb->callback([options, &invocation] { run_trace(*options, invocation); });
}

}  // namespace snug::cli
