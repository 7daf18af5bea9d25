// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "snug/recording.hpp"
#include "snug/result.hpp"

// Running a command and recording it, from end to end.
namespace snug::tracer {

enum class StopChoice : std::uint8_t { automatic, seccomp, syscall };

struct ObserveOptions {
  std::vector<std::string> command;
  StopChoice stops = StopChoice::automatic;
  bool read_stacks = true;
  std::string tracer_version;
  // The command has ended, and `alive` descendants of it live on.
  std::function<void(std::uint64_t alive)> when_only_descendants_are_left = [](std::uint64_t) {};
};

struct Observed {
  RunId id;
  Recording recording;  // of this one run
  std::uint64_t processes = 0;

  const Run& run() const { return recording.runs.at(id); }
};

// Runs the command until its last descendant has ended. Errors: as follow_workload().
Result<Observed> observe(const ObserveOptions& options);

}  // namespace snug::tracer
