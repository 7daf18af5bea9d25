// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/recorder.hpp"

#include <fmt/format.h>
#include <string.h>

#include <utility>

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

Recorder::Recorder(Clock elapsed_ms, StackReader read_stack)
    : elapsed_ms_(std::move(elapsed_ms)), read_stack_(std::move(read_stack)) {}

Decision Recorder::entered(const Caller& caller, const Call& call, std::uint16_t /*filter_data*/) {
  if (caller.launching) return {};

  Tally& tally = tally_of(caller, call);
  if (tally.count == 0)
    tally.first = {.elapsed_ms = elapsed_ms_(), .tid = caller.tid, .stack = read_stack_(caller.tid)};
  ++tally.count;
  ++calls_;
  if (call.arch == Arch::unknown) ++unknown_archs_[call.audit_arch];
  const bool ask = tally.asked < kOutcomesAsked;
  if (ask) ++tally.asked;
  return {.watch_outcome = ask, .refuse = std::nullopt};
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
    Observation& observation = recording.syscalls[key.call][{id, ids.at(key.executable)}];
    observation.count = tally.count;
    observation.outcomes = tally.outcomes;
    observation.first = tally.first;
    for (const auto& [value, times] : tally.errors) observation.errors[errno_name(value)] = times;
  }
  return recording;
}

}  // namespace snug::tracer
