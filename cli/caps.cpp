// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/capability_trial.hpp"
#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/status.hpp"
#include "cli/trial.hpp"
#include "cli/verbs.hpp"
#include "generator/core/capability_advice.hpp"
#include "generator/core/capability_suspects.hpp"
#include "generator/core/minimizer.hpp"
#include "generator/formats/capabilities.hpp"
#include "tracer/linux/proc.hpp"

namespace snug::cli {
namespace {

using std::chrono::milliseconds;

struct CapsOptions {
  std::vector<std::string> command;
  std::string format = "text";
  std::string output = "-";
  std::size_t runs = 200;
  double timeout = 0;  // seconds; 0: by what the first run took
  std::string log = "/dev/null";
  bool quiet = false;
};

// What is found of one capability.
struct CapabilityFinding {
  unsigned number = 0;
  CallFinding found;
};

struct Needs {
  CapabilitySet recommended = 0;
  std::vector<CapabilityFinding> findings;  // of what is recommended
  std::size_t runs = 0;
};

// The runs of one search. The outcome of a run is its status, and what the runs with every capability all came to:
// a program that fails to give up a privilege may end well all the same.
class Search {
 public:
  Search(const CapsOptions& options, CapabilitySet held, tracer::ApartOptions apart)
      : options_(options), held_(held), apart_(std::move(apart)) {}

  // Two runs with all that we have ourselves, which tell what is always so.
  Result<Done> learn() {
    const auto first = attempt(held_);
    if (!first) return first.error();
    const auto second = attempt(held_);
    if (!second) return second.error();
    if (!first->passed || !second->passed) {
      return Error{ErrorCode::refused, "cannot tell which capabilities the command needs",
                   fmt::format("it fails with all of them too: {}", first->passed ? second->ending : first->ending),
                   "make it pass first, with status 0"};
    }
    std::ranges::set_intersection(first->states, second->states, std::inserter(always_, always_.end()));
    return Done{};
  }

  Result<Trial> try_without(const Step& step) {
    CapabilitySet missing = 0;
    for (const std::string& name : step.missing) missing |= CapabilitySet{1} << *capability_number(name);
    const CapabilitySet kept = held_ & ~missing;
    const auto trial = attempt(kept);
    if (!trial && trial.error().code == ErrorCode::not_executable)
      return Trial{.passed = false, .ending = "the command cannot be executed", .denied = {}};
    if (!trial) return trial.error();
    Trial judged{.passed = trial->passed, .ending = trial->ending, .denied = {}};
    if (judged.passed) judge_states(trial->states, kept, judged);
    if (!options_.quiet) tell(step, judged);
    return judged;
  }

 private:
  Result<CapabilityTrial> attempt(CapabilitySet capabilities) {
    return try_with(capabilities, options_.command, apart_);
  }

  static tracer::State masked(tracer::State state, CapabilitySet kept) {
    state.bounding &= kept;
    state.effective &= kept;
    state.ambient &= kept;
    return state;
  }

  void judge_states(const std::set<tracer::State>& states, CapabilitySet kept, Trial& judged) const {
    std::set<tracer::State> seen;
    for (const tracer::State& state : states) seen.insert(masked(state, kept));
    for (const tracer::State& state : always_) {
      if (seen.contains(masked(state, kept))) continue;
      judged.passed = false;
      judged.ending = fmt::format("it ended well, but not as before: {}", state.what);
      return;
    }
  }

  static void tell(const Step& step, const Trial& trial) {
    const std::string what = step.missing.empty()    ? "with every capability"
                             : step.tried.empty()    ? "again without all that it does not need"
                             : step.tried.size() > 3 ? fmt::format("without {} more", step.tried.size())
                                                     : fmt::format("without {}", fmt::join(step.tried, ", "));
    say(fmt::format("run {} of at most {}, {}: {} ({})", step.run, step.most, what,
                    trial.passed ? "passed" : "failed", trial.ending));
  }

  const CapsOptions& options_;
  CapabilitySet held_;
  tracer::ApartOptions apart_;
  std::set<tracer::State> always_;
};

std::vector<std::string> names_by_danger(CapabilitySet set) {
  std::vector<std::string> names;
  for (const unsigned number : by_danger(set)) names.emplace_back(capability_name(number));
  return names;
}

// Those that no recorded call could hang on are tried together.
Result<Needs> find_needs(const CapsOptions& options, CapabilitySet held) {
  if (!options.quiet) say("recording what the command calls");
  tracer::ApartOptions apart{milliseconds(std::llround(options.timeout * 1000)), options.log};
  const auto recorded = record_apart(options.command, apart);
  if (!recorded) return recorded.error();
  const CapabilitySet suspected = suspected_capabilities(recorded->recording) & held;
  if (options.timeout == 0) apart.limit = longest_run(recorded->duration);
  Search search(options, held, apart);
  if (const auto learnt = search.learn(); !learnt) return learnt.error();
  const auto minimum = minimize({names_by_danger(held & ~suspected), names_by_danger(suspected), options.runs},
                                [&](const Step& step) { return search.try_without(step); });
  if (!minimum) return minimum.error();

  Needs needs;
  needs.runs = minimum->runs + 3;  // the recorded one and those that were learnt from
  for (const auto& [name, found] : minimum->findings) {
    if (found.necessity == Necessity::tolerated) continue;
    const unsigned number = *capability_number(name);
    needs.recommended |= CapabilitySet{1} << number;
    needs.findings.push_back({number, found});
  }
  std::ranges::sort(needs.findings, {}, &CapabilityFinding::number);
  return needs;
}

std::string words_of(const CapabilityFinding& finding) {
  const CapabilityAdvice advice = advice_on(finding.number);
  std::string text =
      fmt::format("{}{}: ", capability_name(finding.number), advice.gives_root ? " (as good as root)" : "");
  switch (finding.found.necessity) {
    case Necessity::required:
    case Necessity::tolerated:
      text += fmt::format("without it: {}", finding.found.ending);
      break;
    case Necessity::flaky:
      text += fmt::format("without it sometimes: {}", finding.found.ending);
      break;
    case Necessity::untried:
      text += "not tried, for lack of runs (--runs)";
      break;
  }
  return advice.instead.empty() ? text : fmt::format("{}\n  instead: {}", text, advice.instead);
}

std::string as_text(const Needs& needs) {
  const std::size_t count = needs.findings.size();
  std::string text = count == 0   ? "no capability is needed"
                     : count == 1 ? "1 capability is needed"
                                  : fmt::format("{} capabilities are needed", count);
  text += fmt::format(", by {}\n", counted(needs.runs, "run"));
  for (const CapabilityFinding& finding : needs.findings) text += words_of(finding) + "\n";
  return text + "docker run " + render_capabilities(needs.recommended, CapabilityFormat::docker);
}

std::string as_json(const Needs& needs) {
  nlohmann::ordered_json json{{"schema", "snug.capabilities/1"}, {"recommended", names_of(needs.recommended)}};
  json["capabilities"] = nlohmann::ordered_json::array();
  for (const CapabilityFinding& finding : needs.findings) {
    const CapabilityAdvice advice = advice_on(finding.number);
    json["capabilities"].push_back({{"name", capability_name(finding.number)},
                                    {"class", name_of(finding.found.necessity)},
                                    {"evidence", {finding.found.ending}},
                                    {"gives_root", advice.gives_root},
                                    {"instead", advice.instead}});
  }
  json["runs"] = needs.runs;
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string render(const Needs& needs, const std::string& format) {
  if (format == "text") return as_text(needs);
  if (format == "json") return as_json(needs);
  return render_capabilities(needs.recommended, *capability_format_named(format));
}

Result<Done> run(const CapsOptions& options) {
  if (options.command.empty()) {
    return Error{ErrorCode::usage, "no command to find capabilities for", "nothing stands behind '--'",
                 "snug caps [OPTIONS] -- COMMAND [ARGUMENT...]"};
  }
  if (!is_stream(options.output)) {
    if (const auto writable = check_writable(options.output); !writable) return writable.error();
  }
  const CapabilitySet held = tracer::status_number(0, "CapEff", 16).value_or(0);
  if (held == 0) {
    return Error{ErrorCode::not_permitted, "cannot try what the command needs",
                 "snug has no capability to take away",
                 "run it as root, whose programs are the ones that have capabilities"};
  }
  const auto needs = find_needs(options, held);
  if (!needs) return needs.error();
  return write_file(options.output, render(*needs, options.format));
}

}  // namespace

void add_caps(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<CapsOptions>();
  CLI::App* const verb =
      app.add_subcommand("caps", "Find the capabilities that a command needs, by running it without");
  show_usage(*verb, "snug caps [OPTIONS] -- COMMAND [ARGUMENT...]");
  std::vector<std::string> formats = capability_format_names();
  formats.insert(formats.begin(), {"text", "json"});
  verb->add_option("--format", options->format, "What to write; default: text")
      ->check(CLI::IsMember(formats))
      ->option_text(fmt::format("{}", fmt::join(formats, "|")));
  verb->add_option("-o,--output", options->output, "Where to write it; default: standard output")
      ->type_name("FILE");
  verb->add_option("--runs", options->runs, "Run the command at most so often; default: 200")->type_name("N");
  verb->add_option("--timeout", options->timeout,
                   "A run that lasts longer has failed; default: ten times the first, at least 10")
      ->check(CLI::Range(0.001, 1e6))
      ->option_text("SECONDS");
  verb->add_option("--log", options->log, "Add what the runs print to FILE; default: it is dropped")
      ->type_name("FILE");
  verb->add_flag("-q,--quiet", options->quiet, "Print warnings and errors only");
  verb->footer(
      "The command is run as root again and again, with fewer capabilities each time. It passes when it ends with\n"
      "status 0, and its programs come to the same credentials, and its files to the same owners and modes, as "
      "with\n"
      "all of them. It must pass every time, and be able to run many times. The result is for containers that run "
      "as\n"
      "root; another user's programs have capabilities only from their files.\n\n"
      "Exit status: 0; 4 when the command fails with every capability; 125 when snug failed, 126 when the command\n"
      "cannot be run, 127 when it does not exist.");
  verb->callback([options, &invocation] {
    options->command = invocation.workload;
    const auto done = run(*options);
    if (!done) complain(done.error());
    invocation.status = done ? kSuccess : verification_status(done.error());
  });
}

}  // namespace snug::cli
