// SPDX-License-Identifier: Apache-2.0
// Plays a script of reports to a session, and keeps what its watcher saw and what it ordered.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/scripted_kernel.hpp"
#include "tracer/core/session.hpp"

namespace snug::tracer::script {

inline constexpr pid_t kCommand = 100;
inline constexpr std::uint64_t kGetpid = 39;
inline constexpr std::uint64_t kClone = 56;
inline constexpr std::uint64_t kClone3 = 435;
inline constexpr std::uint64_t kPtrace = 101;
inline constexpr std::uint64_t kPrctl = 157;
inline constexpr std::uint64_t kSeccomp = 317;
inline const Executable kShell{"/bin/sh", "aa"};
inline const Executable kTool{"/bin/tool", "bb"};

struct Seen {
  pid_t tid;
  std::string executable;
  std::uint32_t number;
  bool operator==(const Seen&) const = default;
};

// Notes every call of the workload, and asks for the outcome of the calls a test names.
class Notebook final : public Watcher {
 public:
  bool wants_every_call() const override { return true; }

  Decision entered(const Caller& caller, const Call& call, std::uint16_t) override {
    if (!caller.launching) entries.push_back({caller.tid, caller.executable.path, call.number});
    return {.watch_outcome = call.number == watched, .refuse = std::nullopt};
  }

  void returned(const Caller& caller, const Call& call, const SyscallReturned&) override {
    outcomes.push_back({caller.tid, caller.executable.path, call.number});
  }

  std::vector<Seen> entries;
  std::vector<Seen> outcomes;
  std::uint64_t watched = ~0ULL;
};

struct Played {
  Accounting books;
  std::vector<std::string> incomplete_because;
  std::vector<Resume> orders;
  ExitStatus exit;
};

inline Played play(Notebook& notebook, const std::vector<WaitReport>& reports, StopMode mode = StopMode::seccomp) {
  ScriptedKernel kernel(reports);
  Session session(kCommand, mode, notebook);
  follow(kernel, session, {});
  const auto doubts = session.final_doubts();
  return {session.accounting(), {doubts.begin(), doubts.end()}, kernel.orders, session.command_exit()};
}

inline Resume go_on(pid_t tid, Resume::Until until, int signo = 0) {
  return {.tid = tid, .until = until, .signo = signo};
}

inline WaitReport with_arguments(WaitReport report, std::uint64_t first, std::uint64_t second = 0) {
  report.syscall->arguments[0] = first;
  report.syscall->arguments[1] = second;
  return report;
}

}  // namespace snug::tracer::script
