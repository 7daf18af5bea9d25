// SPDX-License-Identifier: Apache-2.0
// A kernel that keeps ptrace(2)'s promises and otherwise does what bytes say: which task goes on, what it calls,
// who is killed when, and in which order the tracer is told. It knows what really happened, and so what must be
// recorded.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tracer/core/kernel.hpp"
#include "tracer/core/ledger.hpp"

namespace snug::fuzz {

using namespace tracer;

inline constexpr pid_t kCommand = 100;

class LawfulKernel final : public Kernel {
 public:
  using Calls = std::map<std::pair<std::string, std::uint32_t>, std::uint64_t>;  // executable, number -> how often

  LawfulKernel(FuzzedDataProvider& choices, StopMode mode);

  News wait() override;
  void resume(const Resume& order) override;
  void interrupt(pid_t) override {}

  std::uint64_t born() const { return born_; }
  const Calls& calls() const { return calls_; }

 private:
  // What a task does when it is its turn.
  enum class Phase : std::uint8_t {
    arriving,   // its first stop
    user,       // its own code
    listening,  // a group stop
    entered,    // past a call's entry stop
    executing,  // in a call
    birth,      // the stop in which it tells of a child
    exec_wait,  // in an exec, until the other threads are gone
    exec_stop,  // the stop in which it tells of an exec
    returning,  // out of a call
    ending,     // past its last call: the stop in which it says so
    zombie,
  };

  struct Body {
    pid_t tid = 0;
    pid_t process = 0;
    Phase phase = Phase::arriving;
    Resume::Until until = Resume::Until::next_filtered;
    bool launching = false;
    std::uint32_t number = 0;  // of the call it is in
    pid_t partner = 0;         // the child to be announced, or the tid before an exec
    std::string executable;
    int end = 0;  // its status, once it ends
  };

  using Step = std::optional<WaitReport>;  // nothing: the task moved without the tracer being told

  Body* next();
  bool can_move(const Body& body) const;
  bool has_other_threads(const Body& body) const;

  Step move(Body& body);
  Step arrive(Body& body);
  Step act(Body& body);
  Step enter(Body& body);
  Step meet_filter(Body& body);
  Step execute(Body& body);
  Step bear(Body& body, bool thread);
  Step announce(Body& body);
  Step begin_exec(Body& body);
  Step finish_exec(Body& body);
  Step tell_exec(Body& body);
  Step fail_exec(Body& body);
  Step leave(Body& body);
  Step begin_end(Body& body);
  Step bury(Body& body);

  WaitReport show_call(Body& body, WaitReport report);
  void kill(pid_t process, int end);
  void end(Body& body, int status);
  bool is_killed_before_it_is_asked(Body& body);
  pid_t free_tid();

  FuzzedDataProvider& choices_;
  StopMode mode_;
  WaitReport told_;  // last
  std::map<pid_t, Body> bodies_;
  std::set<pid_t> left_;  // to their parents, who alone are told of their ends
  std::set<pid_t> held_;  // ids that are not given out: their births are yet to be told
  pid_t latest_tid_ = kCommand;
  std::uint64_t born_ = 1;
  Calls calls_;
};

}  // namespace snug::fuzz
