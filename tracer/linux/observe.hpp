// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "snug/recording.hpp"
#include "snug/result.hpp"
#include "tracer/core/session.hpp"

// Running a command, or attaching to a process, and recording it, from end to end.
namespace snug::tracer {

enum class StopChoice : std::uint8_t { automatic, seccomp, syscall };

// How the recording goes, however it begins.
struct ObserveOptions {
  std::string tracer_version;
  bool read_stacks = true;
  bool judge_capabilities = true;  // and keep what they are needed for
  bool listen_to_kernel = false;   // for the checks that it makes of them, where it tells

  std::chrono::milliseconds checkpoint_period{0};  // 0: no checkpoints
  // Keeps a recording of what was seen so far; called in a thread of its own, never twice at the same time.
  std::function<void(const Recording&)> write_checkpoint = [](const Recording&) {};

  int phase_signo = 0;  // this signal to us begins the phase "serving", which else begins by itself; 0: none
};

struct LaunchPlan {
  std::vector<std::string> command;
  StopChoice stops = StopChoice::automatic;
  bool survives = false;       // our death
  bool until_command = false;  // record until the command ends, and let its descendants go then
  // The command has ended, and `alive` tasks descended from it live on.
  std::function<void(std::uint64_t alive)> when_only_descendants_are_left = [](std::uint64_t) {};
};

struct AttachPlan {
  pid_t pid = 0;
  Attaching to = Attaching::workload;
  std::vector<std::string> launches = {};  // unless it is the workload: the command that it is to become
  std::optional<Container> container = std::nullopt;
  std::chrono::milliseconds duration{0};  // 0: until it ends, or we are told to end
  std::function<void(std::uint64_t processes, std::uint64_t tasks)> when_attached = [](std::uint64_t,
                                                                                       std::uint64_t) {};
};

struct Observed {
  RunId id;
  Recording recording;  // of this one run
  std::uint64_t processes = 0;

  const Run& run() const { return recording.runs.at(id); }
};

// Runs the command until its last descendant has ended or is let go. Errors: as follow_workload().
Result<Observed> observe(const LaunchPlan& plan, const ObserveOptions& options);

// Records the process until it ends or is let go. Errors: as follow_target().
Result<Observed> observe(const AttachPlan& plan, const ObserveOptions& options);

}  // namespace snug::tracer
