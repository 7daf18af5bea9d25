// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/recorder.hpp"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <utility>

#include "tracer/core/phase_marker.hpp"
#include "tracer/core/serving.hpp"

namespace snug::tracer {
namespace {

// Outcomes cost a second stop, and the first few tell what the generator asks: does this call ever succeed here?
// They are counted per executable and call; how many were watched stands in the recording.
constexpr std::uint64_t kOutcomesAsked = 32;

}  // namespace

std::string errno_name(int value) {
  switch (value) {  // include/linux/errno.h
    case 512:
      return "ERESTARTSYS";
    case 513:
      return "ERESTARTNOINTR";
    case 514:
      return "ERESTARTNOHAND";
    case 516:
      return "ERESTART_RESTARTBLOCK";
    default:
      break;
  }
  const char* const name = strerrorname_np(value);
  return name != nullptr ? name : std::to_string(value);
}

std::size_t Recorder::KeyHash::operator()(const Key& key) const {
  const auto call = (std::uint64_t{key.call.number} << 8U) | static_cast<std::uint64_t>(key.call.arch);
  return std::hash<std::uint64_t>{}(call * 0x9e3779b97f4a7c15U + key.executable);
}

Recorder::Recorder(Clock elapsed_ms, StackReader read_stack, AutomaticPhases automatic_phases)
    : elapsed_ms_(std::move(elapsed_ms)),
      read_stack_(std::move(read_stack)),
      automatic_phases_(automatic_phases),
      phases_{"startup"} {}

void Recorder::begin_phase(std::string_view name) {
  automatic_phases_ = AutomaticPhases::off;
  const auto place = std::find(phases_.begin(), phases_.end(), name);
  phase_ = static_cast<std::size_t>(place - phases_.begin());
  if (place == phases_.end()) phases_.emplace_back(name);
}

Decision Recorder::entered(const Caller& caller, const Call& call, std::uint16_t /*filter_data*/) {
  if (caller.launching) return {};

  if (automatic_phases_ == AutomaticPhases::on && waits_for_work(call)) begin_phase("serving");
  const auto begun = phase_begun_by(call);
  if (begun) begin_phase(*begun);
  Tally& tally = tally_of(caller, call);
  if (tally.count == 0) tally = first_tally(caller, call);
  ++tally.count;
  ++calls_;
  if (tally.phases.size() <= phase_) tally.phases.resize(phase_ + 1);
  ++tally.phases[phase_];
  keep_arguments(tally, call);
  if (call.arch == Arch::unknown) ++unknown_archs_[call.audit_arch];
  if (begun) return {.watch_outcome = false, .refuse = std::nullopt, .succeed = true};
  const bool ask = tally.asked < kOutcomesAsked;
  if (ask) ++tally.asked;
  return {.watch_outcome = ask, .refuse = std::nullopt};
}

Recorder::Tally Recorder::first_tally(const Caller& caller, const Call& call) const {
  Tally tally;
  tally.first = now(caller.tid);
  tally.arguments = arguments_of(call.arch, call.number);
  tally.values.resize(tally.arguments.size());
  return tally;
}

void Recorder::keep_arguments(Tally& tally, const Call& call) {
  for (std::size_t i = 0; i < tally.arguments.size(); ++i) {
    if (const auto value = value_of(tally.arguments[i], call)) tally.values[i].add(*value);
  }
}

void Recorder::returned(const Caller& caller, const Call& call, const SyscallReturned& outcome) {
  Tally& tally = tally_of(caller, call);
  ++tally.outcomes;
  if (outcome.failed) ++tally.errors[static_cast<int>(-outcome.result)];
}

Recorder::Tally& Recorder::tally_of(const Caller& caller, const Call& call) {
  return tallies_[{index_of(caller.executable), {call.arch, call.number}}];
}

std::size_t Recorder::index_of(const Executable& executable) {
  if (latest_ != nullptr && *latest_ == executable) return latest_index_;
  const auto [place, inserted] = executables_.try_emplace(executable, executables_.size());
  latest_ = &place->first;
  latest_index_ = place->second;
  return latest_index_;
}

std::vector<std::string> Recorder::incomplete_because() const {
  std::vector<std::string> reasons;
  for (const auto& [audit_arch, calls] : unknown_archs_) {
    reasons.push_back(fmt::format(
        "{} calls were made by an architecture that snug has no table for (AUDIT_ARCH {:#x})", calls, audit_arch));
  }
  return reasons;
}

Recording Recorder::recording_of(const RunId& id, const Run& run) const {
  Recording recording;
  recording.runs.emplace(id, run);
  std::vector<ExecutableId> ids(executables_.size());
  for (const auto& [executable, index] : executables_) {
    ids.at(index) = snug::id_of(executable);
    recording.executables.emplace(ids.at(index), executable);
  }
  for (const auto& [key, tally] : tallies_) {
    recording.syscalls[key.call].emplace(std::pair{id, ids.at(key.executable)}, observation_of(tally));
  }
  return recording;
}

Observation Recorder::observation_of(const Tally& tally) const {
  Observation observation{.count = tally.count, .outcomes = tally.outcomes, .errors = {}, .first = tally.first};
  for (const auto& [value, times] : tally.errors) observation.errors[errno_name(value)] = times;
  for (std::size_t i = 0; i < tally.arguments.size(); ++i) {
    const ArgumentValues values = tally.values[i].kept();
    if (values != ArgumentValues{}) observation.arguments.emplace(tally.arguments[i].name, values);
  }
  for (std::size_t i = 0; i < tally.phases.size(); ++i) {
    if (tally.phases[i] != 0) observation.phases.emplace(phases_[i], tally.phases[i]);
  }
  return observation;
}

}  // namespace snug::tracer
