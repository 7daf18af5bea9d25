// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tracer/core/arguments.hpp"
#include "tracer/core/watcher.hpp"

namespace snug::tracer {

// The reader of stacks that reads none.
inline Stack no_stack(pid_t) {
  return {};
}

// Whether the workload's first call that waits for work begins the phase "serving" by itself.
enum class AutomaticPhases : std::uint8_t { on, off };

// Keeps what every executable did: the watcher behind `snug trace`.
class Recorder final : public Watcher {
 public:
  using Clock = std::function<std::uint64_t()>;  // milliseconds since the run's start

  using StackReader = std::function<Stack(pid_t tid)>;

  // `read_stack` is asked once for each executable and call; one that returns nothing turns stacks off.
  explicit Recorder(Clock elapsed_ms, StackReader read_stack = no_stack,
                    AutomaticPhases automatic_phases = AutomaticPhases::on);

  bool wants_every_call() const override { return true; }
  Decision entered(const Caller& caller, const Call& call, std::uint16_t filter_data) override;
  void returned(const Caller& caller, const Call& call, const SyscallReturned& outcome) override;

  // Calls from now on count for the phase of that name, which may have been begun before. The first one is
  // "startup". From here on no phase begins by itself.
  void begin_phase(std::string_view name);

  // The phase that calls count for now.
  const std::string& phase() const { return phases_[phase_]; }

  // What is told of something that the task does for the first time.
  FirstSeen now(pid_t tid) const { return {.elapsed_ms = elapsed_ms_(), .tid = tid, .stack = read_stack_(tid)}; }

  // How many calls were recorded so far.
  std::uint64_t calls() const { return calls_; }

  // Why what was recorded is not the whole truth, in words, sorted.
  std::vector<std::string> incomplete_because() const;

  // The recording of the one run that was watched, as far as it was watched by now.
  Recording recording_of(const RunId& id, const Run& run) const;

 private:
  struct Key {
    std::size_t executable;
    SyscallKey call;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  struct Tally {
    std::uint64_t count = 0;
    std::uint64_t asked = 0;  // outcomes waited for, of which some may never come
    std::uint64_t outcomes = 0;
    std::map<int, std::uint64_t> errors;  // by errno
    FirstSeen first;
    std::span<const Argument> arguments;  // the ones to keep,
    std::vector<DistinctValues> values;   // and of each what was passed
    std::vector<std::uint64_t> phases;    // of the count, in the order of phases_
  };

  Tally& tally_of(const Caller& caller, const Call& call);
  std::size_t index_of(const Executable& executable);
  Tally first_tally(const Caller& caller, const Call& call) const;
  static void keep_arguments(Tally& tally, const Call& call);
  Observation observation_of(const Tally& tally) const;

  Clock elapsed_ms_;
  StackReader read_stack_;
  std::uint64_t calls_ = 0;
  std::map<Executable, std::size_t> executables_;
  std::size_t latest_index_ = 0;
  const Executable* latest_ = nullptr;  // the executable of the latest call, which most often is the next one's too
  AutomaticPhases automatic_phases_;
  std::vector<std::string> phases_;
  std::size_t phase_ = 0;
  std::unordered_map<Key, Tally, KeyHash> tallies_;
  std::map<std::uint32_t, std::uint64_t> unknown_archs_;  // AUDIT_ARCH_* -> calls
};

// The errno's name, e.g. "ENOENT"; also the kernel's internal restart codes (512 to 516), which only a tracer sees,
// and the bare number for what has no name.
std::string errno_name(int value);

}  // namespace snug::tracer
