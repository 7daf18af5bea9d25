// SPDX-License-Identifier: Apache-2.0
#include "cli/trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "generator/formats/bpf.hpp"
#include "snug/syscalls.hpp"
#include "tracer/core/verifier.hpp"
#include "tracer/linux/observe.hpp"
#include "tracer/linux/privilege.hpp"
#include "tracer/linux/trace_filter.hpp"
#include "tracer/linux/workload.hpp"

namespace snug::cli {
namespace {

Error too_slow(const tracer::ApartOptions& options) {
  return {ErrorCode::refused, "the command did not end",
          fmt::format("it was still running after {} s", options.limit.count() / 1000),
          "allow more with --timeout"};
}

// What the child has to tell of a run: whether it passed, how it ended, and the names of denied calls.
Result<tracer::Texts> follow(const tracer::Workload& workload) {
  tracer::Verifier verifier;
  const auto followed = tracer::follow_workload(workload, verifier);
  if (!followed && verifier.denials().empty()) return followed.error();
  tracer::Texts texts{"", followed ? ending_of(followed->exit) : "not started"};
  if (followed && !followed->exit.signo && followed->exit.code.value_or(0) == 0) texts[0] = "passed";
  for (const auto& [denial, evidence] : verifier.denials()) {
    const auto name = syscall_name(denial.call.arch, denial.call.number);
    if (name) texts.emplace_back(*name);
  }
  return texts;
}

}  // namespace

Result<RecordedTrial> record_apart(const std::vector<std::string>& command, const tracer::ApartOptions& options,
                                   OfInterest of_interest) {
  const bool of_capabilities = of_interest == OfInterest::capabilities;
  const auto ran = tracer::run_apart(options, [&]() -> Result<tracer::Texts> {
    const auto observed =
        tracer::observe(tracer::LaunchPlan{.command = command}, {.tracer_version = SNUG_VERSION,
                                                                 .read_stacks = false,
                                                                 .judge_capabilities = of_capabilities,
                                                                 .listen_to_kernel = of_capabilities});
    if (!observed) return observed.error();
    return tracer::Texts{render(observed->recording)};
  });
  if (!ran) return ran.error();
  if (ran->too_slow) return too_slow(options);
  auto recording = parse_recording(ran->texts.at(0), "the recording of the command");
  if (!recording) return recording.error();
  return RecordedTrial{std::move(*recording), ran->duration};
}

std::string ending_of(const ExitStatus& exit) {
  if (exit.signo) return fmt::format("killed by signal {}", *exit.signo);
  return fmt::format("exit status {}", exit.code.value_or(0));
}

std::chrono::milliseconds longest_run(std::chrono::milliseconds usual) {
  constexpr std::chrono::milliseconds kShortestLimit{10'000};
  constexpr int kSlowness = 10;
  return std::max(kShortestLimit, kSlowness * usual);
}

Result<Trial> try_under(const Profile& profile, const CallNames& missing, const std::vector<std::string>& command,
                        const tracer::ApartOptions& options) {
  const auto compiled = compile(profile, Denials::traced);
  if (!compiled) return compiled.error();
  tracer::Workload workload;
  workload.command = command;
  workload.filter = tracer::understand_refusals(*compiled);
  workload.no_new_privileges = !tracer::may_install_filter();

  const auto ran = tracer::run_apart(options, [&] { return follow(workload); });
  if (!ran) return ran.error();
  if (ran->too_slow) {
    return Trial{.passed = false,
                 .ending = fmt::format("still running after {} s", options.limit.count() / 1000),
                 .denied = {}};
  }
  Trial trial{.passed = ran->texts.at(0) == "passed", .ending = ran->texts.at(1), .denied = {}};
  for (std::size_t i = 2; i < ran->texts.size(); ++i)
    if (missing.contains(ran->texts[i])) trial.denied.insert(ran->texts[i]);
  return trial;
}

}  // namespace snug::cli
