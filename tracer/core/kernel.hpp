// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "snug/profile.hpp"
#include "tracer/core/blind_spots.hpp"
#include "tracer/core/report.hpp"

namespace snug::tracer {

// How a stopped task goes on.
struct Resume {
  enum class Until : std::uint8_t {
    next_filtered,  // PTRACE_CONT: to the next call a filter points out
    next_boundary,  // PTRACE_SYSCALL: to the next entry into or return from a call
    continued,      // PTRACE_LISTEN: stay stopped, and tell when SIGCONT ends that
    detached,       // PTRACE_DETACH: for ever, without us
    ended,          // PTRACE_DETACH of one whose end has begun, or that its signal ends: only its parent is told
    never,          // it is gone, or some other report will come
  };

  pid_t tid = 0;
  Until until = Until::never;
  int signo = 0;                                 // the signal to deliver, 0 for none
  std::optional<Verdict> refuse = std::nullopt;  // at the entry into a call: what it meets instead of being made
  std::optional<BirthFlags> birth_flags = std::nullopt;  // at a stop of a clone or clone3: what its flags shall be
  std::optional<std::int64_t> result = std::nullopt;     // at the return of a call: what it returns instead
  bool stop_again = false;                               // as soon as can be
  bool dies_with_us = false;                             // from now on, with all that it gives birth to

  bool operator==(const Resume&) const = default;
};

// Nobody stopped: another thread of ours wants the attention of the one that waits.
struct Roused {};

// No task is left but those that cannot stop and so cannot be let go before we end: the kernel will do it then.
struct Over {
  std::vector<pid_t> left_behind = {};
};

using News = std::variant<WaitReport, Roused, Over>;

// What the session needs of the kernel. The real one is ptrace; the tests' one is a script.
class Kernel {
 public:
  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  virtual ~Kernel() = default;

  // Waits for news of any task.
  virtual News wait() = 0;

  // Lets a stopped task go on. A task that was killed meanwhile is no failure: its end will be reported.
  virtual void resume(const Resume& order) = 0;

  // Makes a task that is to be let go stop for it; it may stop for another reason first. One that is gone is no
  // failure.
  virtual void interrupt(pid_t tid) = 0;
};

}  // namespace snug::tracer
