// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "snug/profile.hpp"
#include "tracer/core/report.hpp"

namespace snug::tracer {

// How a stopped task goes on.
struct Resume {
  enum class Until : std::uint8_t {
    next_filtered,  // PTRACE_CONT: to the next call a filter points out
    next_boundary,  // PTRACE_SYSCALL: to the next entry into or return from a call
    continued,      // PTRACE_LISTEN: stay stopped, and tell when SIGCONT ends that
    never,          // it is gone, or some other report will come
  };

  pid_t tid = 0;
  Until until = Until::never;
  int signo = 0;                  // the signal to deliver, 0 for none
  std::optional<Verdict> refuse;  // at a SyscallFiltered stop: what the call meets instead of being made

  bool operator==(const Resume&) const = default;
};

// What the session needs of the kernel. The real one is ptrace; the tests' one is a script.
class Kernel {
 public:
  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  virtual ~Kernel() = default;

  // The next report about any task; nothing when no task is left.
  virtual std::optional<WaitReport> wait() = 0;

  // Lets a stopped task go on. A task that was killed meanwhile is no failure: its end will be reported.
  virtual void resume(const Resume& order) = 0;
};

}  // namespace snug::tracer
