// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "cli/files.hpp"
#include "cli/floor_options.hpp"
#include "cli/messages.hpp"
#include "cli/read_options.hpp"
#include "cli/status.hpp"
#include "cli/trial.hpp"
#include "cli/verbs.hpp"
#include "generator/core/candidates.hpp"
#include "generator/core/removal.hpp"
#include "generator/formats/format.hpp"
#include "generator/formats/minimum.hpp"

namespace snug::cli {
namespace {

using std::chrono::milliseconds;

struct MinimizeOptions {
  std::vector<std::string> command;
  std::string profile;
  std::string output = "-";
  std::string format = "oci";
  std::string report;
  std::vector<std::string> keep;
  FloorArguments floor;
  std::size_t runs = 200;
  double timeout = 0;  // seconds; 0: by what the first run took
  std::string log;
  bool quiet = false;
};

Error impossible(const std::string& what, const std::string& because, const std::string& remedy) {
  return {ErrorCode::usage, what, because, remedy};
}

// The file itself is never replaced: what is found is a proposal.
Result<Done> check_outputs(const MinimizeOptions& options) {
  for (const std::string& output : {options.output, options.report, options.log}) {
    if (output.empty() || is_stream(output)) continue;
    if (is_same_file(output, options.profile)) {
      return impossible(fmt::format("cannot write to {}", output), "it is the profile that is to be minimized",
                        "choose another file, and compare both with snug diff");
    }
    if (const auto writable = check_writable(output); !writable) return writable.error();
  }
  return Done{};
}

Result<Profile> read_profile(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  auto profile = parse_any(*text, path);
  if (profile && permitted_names(*profile).empty()) {
    return Error{ErrorCode::refused, fmt::format("cannot minimize {}", path),
                 "no rule of it allows a call, so there is none to take out",
                 "snug generate makes one that can be"};
  }
  return profile;
}

// A name that nothing has would keep nothing, and the user would not know.
Result<Done> check_kept(const MinimizeOptions& options, const std::set<std::string>& permitted) {
  for (const std::string& name : options.keep) {
    if (permitted.contains(name)) continue;
    return impossible(fmt::format("cannot keep '{}'", name), fmt::format("{} does not allow it", options.profile),
                      "correct the name, or leave it out of --keep");
  }
  return Done{};
}

bool passed(const Run& run) {
  return !run.exit.signo && run.exit.code.value_or(0) == 0;
}

// The runs of one search: all alike but for what they miss.
class Trials {
 public:
  Trials(const MinimizeOptions& options, Profile profile)
      : options_(options), profile_(std::move(profile)), apart_{given_limit(), log()} {}

  // The run that nothing is denied, and that tells how long runs take.
  Result<Recording> record() {
    if (!options_.quiet) say("recording what the command calls");
    auto recorded = record_apart(options_.command, apart_);
    if (!recorded) return recorded.error();
    for (const auto& [id, run] : recorded->recording.runs) {
      for (const std::string& reason : run.incomplete_because) warn("the recording is incomplete: " + reason);
      if (passed(run)) continue;
      return Error{ErrorCode::refused, "cannot tell which calls the command needs",
                   "it fails without any profile too", "make it pass first, with status 0"};
    }
    if (options_.timeout == 0) apart_.limit = longest_run(recorded->duration);
    return std::move(recorded->recording);
  }

  Result<Trial> attempt(const Step& step) {
    const auto start = std::chrono::steady_clock::now();
    auto trial = try_under(without(profile_, step.missing), step.missing, options_.command, apart_);
    spent_ += std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
    if (trial && !options_.quiet) tell(step, *trial);
    return trial;
  }

 private:
  milliseconds given_limit() const {
    return milliseconds(static_cast<std::int64_t>(std::ceil(options_.timeout * 1000)));
  }

  std::string log() const { return options_.log.empty() ? "/dev/null" : options_.log; }

  void tell(const Step& step, const Trial& trial) const {
    const auto left = spent_ * (step.most - step.run) / step.run;
    say(fmt::format("run {} of at most {}, {}: {} ({}); at most {:.0f} s left", step.run, step.most, what_is(step),
                    trial.passed ? "passed" : "failed", trial.ending,
                    std::ceil(static_cast<double>(left.count()) / 1000)));
  }

  static std::string what_is(const Step& step) {
    if (step.missing.empty()) return "with every call";
    if (step.tried.empty()) return "again without all that it does not need";
    if (step.tried.size() > 3) return fmt::format("without {}", counted(step.tried.size(), "doubtful call"));
    return fmt::format("without {}", fmt::join(step.tried, ", "));
  }

  const MinimizeOptions& options_;
  Profile profile_;
  tracer::ApartOptions apart_;
  milliseconds spent_{0};
};

std::vector<std::string> names_with(const Minimum& minimum, Necessity necessity) {
  std::vector<std::string> names;
  for (const auto& [name, finding] : minimum.findings)
    if (finding.necessity == necessity) names.push_back(name);
  return names;
}

void summarize(const Minimum& minimum, const Candidates& candidates) {
  std::string text =
      fmt::format("the command passes without {} of the {} that could be tried, after {}", minimum.removable.size(),
                  counted(minimum.findings.size(), "call"), counted(minimum.runs, "run"));
  for (const auto& [name, finding] : minimum.findings) {
    if (finding.necessity == Necessity::tolerated)
      text += fmt::format("\ntolerated: {}{}", name, finding.attempted ? "" : " (not even attempted then)");
    if (finding.necessity == Necessity::flaky)
      text += fmt::format("\nflaky, kept: {} (once: {})", name, finding.ending);
  }
  if (const auto required = names_with(minimum, Necessity::required); !required.empty())
    text += fmt::format("\nrequired: {}", fmt::join(required, ", "));
  if (const auto untried = names_with(minimum, Necessity::untried); !untried.empty())
    text += fmt::format("\nuntried, kept, for lack of runs (--runs): {}", fmt::join(untried, ", "));
  for (const auto& [name, because] : candidates.held) text += fmt::format("\nheld: {} ({})", name, because);
  if (!candidates.unseen.empty())
    text += fmt::format("\nnever called, kept: {}", fmt::join(candidates.unseen, ", "));
  say(text);
}

Result<Candidates> find_candidates(const MinimizeOptions& options, const Recording& recording,
                                   const std::set<std::string>& permitted) {
  GenerateOptions generating{.incomplete = Incomplete::accepted};
  if (const auto read = read_floor_options(options.floor, generating); !read) return read.error();
  const auto generated = generate(recording, generating);
  if (!generated) return generated.error();
  return candidates_of(recording, reasons_of(recording, *generated), permitted,
                       {options.keep.begin(), options.keep.end()});
}

Result<Done> write_results(const MinimizeOptions& options, const Profile& proposal, const std::string& report) {
  if (!options.report.empty()) {
    if (const auto written = write_file(options.report, report); !written) return written.error();
  }
  const auto text = render(proposal, format_named(options.format).value_or(Format::oci));
  if (!text) return text.error();
  return write_file(options.output, *text);
}

Result<Done> run(const MinimizeOptions& options) {
  if (options.command.empty()) {
    return impossible("no command to minimize for", "nothing stands behind '--'",
                      "snug minimize --profile FILE -- COMMAND [ARGUMENT...]");
  }
  if (const auto checked = check_outputs(options); !checked) return checked.error();
  const auto profile = read_profile(options.profile);
  if (!profile) return profile.error();
  const auto permitted = permitted_names(*profile);
  if (const auto kept = check_kept(options, permitted); !kept) return kept.error();

  Trials trials(options, *profile);
  const auto recording = trials.record();
  if (!recording) return recording.error();
  const auto candidates = find_candidates(options, *recording, permitted);
  if (!candidates) return candidates.error();
  const auto minimum = minimize({candidates->doubtful, candidates->others, options.runs},
                                [&](const Step& step) { return trials.attempt(step); });
  if (!minimum) return minimum.error();

  if (!options.quiet) summarize(*minimum, *candidates);
  return write_results(options, without(*profile, minimum->removable), render_minimum(*minimum, *candidates));
}

int run_minimize(const MinimizeOptions& options) {
  const auto done = run(options);
  if (done) return kSuccess;
  complain(done.error());
  return done.error().code == ErrorCode::refused ? kRefused : tracer_status(done.error());
}

void add_bounds(CLI::App& verb, MinimizeOptions& options) {
  verb.add_option("--keep", options.keep, "Calls that are never taken out")->delimiter(',')->type_name("LIST");
  verb.add_option("--runs", options.runs, "Run the command at most so often; default: 200")->type_name("N");
  verb.add_option("--timeout", options.timeout,
                  "A run that lasts longer has failed; default: ten times the first, at least 10")
      ->check(CLI::Range(0.001, 1e6))
      ->option_text("SECONDS");
}

}  // namespace

void add_minimize(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<MinimizeOptions>();
  CLI::App* const verb =
      app.add_subcommand("minimize", "Run a command without some calls, to find those that it can do without");
  show_usage(*verb, "snug minimize --profile FILE [OPTIONS] -- COMMAND [ARGUMENT...]");
  verb->add_option("--profile", options->profile, "The seccomp profile; it is not changed")
      ->required()
      ->type_name("FILE");
  verb->add_option("-o,--output", options->output, "Where to write the proposal; default: standard output")
      ->type_name("FILE");
  verb->add_option("--format", options->format, "What to write, as snug convert does; default: oci")
      ->check(CLI::IsMember(format_names()))
      ->type_name("FORMAT");
  verb->add_option("--report", options->report, "Also write what was found, as JSON")->type_name("FILE");
  add_bounds(*verb, *options);
  verb->add_option("--log", options->log, "Add what the runs print to FILE; default: it is dropped")
      ->type_name("FILE");
  verb->add_flag("-q,--quiet", options->quiet, "Print warnings and errors only");
  add_floor_options(*verb, options->floor);
  verb->footer(
      "The command is the judge: it passes when it ends with status 0. It must pass every time, and be able to\n"
      "run many times. Only calls that it makes are tried; what container runtimes, other machines and --keep\n"
      "hold stays. The result is a proposal: a command that tests too little passes without what is needed.\n\n"
      "Exit status: 0; 4 when the command fails with every call allowed, at first or later; 125 when snug failed,\n"
      "126 when the command cannot be run, 127 when it does not exist.");
  verb->callback([options, &invocation] {
    options->command = invocation.workload;
    invocation.status = run_minimize(*options);
  });
}

}  // namespace snug::cli
