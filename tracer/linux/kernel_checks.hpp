// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "snug/result.hpp"
#include "tracer/core/capability_check.hpp"
#include "tracer/linux/kernel_symbols.hpp"
#include "tracer/linux/tracepoint.hpp"
#include "tracer/linux/tracepoint_event.hpp"

namespace snug::tracer {

// Whether to hear of checks of CAP_SYS_ADMIN, three quarters of all: the kernel makes one for every allocation, and
// telling us slows that by about two microseconds.
enum class AskAboutAdmin { no, yes };

// How many checks the kernel could not tell us about, for lack of room.
struct LostChecks {
  std::uint64_t of_admin =
      0;  // of CAP_SYS_ADMIN: a fork of a process with hundreds of mappings makes so many at once
  std::uint64_t of_others = 0;

  bool operator==(const LostChecks&) const = default;
};

// What the kernel itself asked about the capabilities of the tasks we trace, from its tracepoint
// capability:cap_capable, which Linux has from 6.14 on. What is drained at a task's stop it was asked since its
// last.
class KernelChecks {
 public:
  // Errors: unsupported or not_permitted, with the reason. It needs tracefs, CAP_PERFMON and CAP_SYSLOG, and makes
  // one allocation to learn where the first user namespace is.
  static Result<KernelChecks> open(AskAboutAdmin admin = AskAboutAdmin::yes);

  // Begins with a task, which has stopped. A task that is gone is no failure.
  void watch(pid_t tid);

  // At the task's stop at its exec: a thread that was not the first one has left its number, `former_tid`, for that
  // of the first, whose own end is nowhere announced. And an exec that changes ids or gives capabilities ends
  // events without a word.
  void renew(pid_t tid, pid_t former_tid);

  // What was asked since the last time; checks of CAP_SYS_ADMIN come last.
  std::vector<CapabilityCheck> drain(pid_t tid);

  // The task has ended, or is let go. Drain it before.
  void forget(pid_t tid);

  LostChecks lost() const;

  // How often a task could not be watched, and why the first of them was not.
  std::uint64_t unwatched() const { return unwatched_; }
  const std::optional<Error>& first_failure() const { return first_failure_; }

 private:
  // One event for everything but CAP_SYS_ADMIN, and one for that: so a flood of the latter loses none of the
  // others.
  struct Watched {
    std::optional<TaskEvent> others;
    std::optional<TaskEvent> admin;
    std::vector<CapabilityCheck> drained;  // from events that were given up
  };

  KernelChecks(Tracepoint tracepoint, KernelSymbols symbols, AskAboutAdmin admin);

  Result<Done> find_first_namespace();
  std::variant<TaskEvent, EventFailure> open_event(pid_t tid, bool is_admin) const;
  bool open_events(pid_t tid, Watched& watched);
  void move(pid_t from, pid_t to);
  void collect(Watched& watched);
  void give_up(Watched& watched);
  CapabilityCheck check_of(const EventSample& sample);
  std::string site_of(std::span<const std::uint64_t> chain);

  Tracepoint tracepoint_;
  KernelSymbols symbols_;
  AskAboutAdmin admin_;
  std::uint64_t first_namespace_ = 0;
  std::unordered_map<pid_t, Watched> watched_;
  LostChecks lost_;  // by events that are closed
  std::uint64_t unwatched_ = 0;
  std::optional<Error> first_failure_;
};

}  // namespace snug::tracer
