// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "snug/capabilities.hpp"
#include "tracer/core/watcher.hpp"
#include "tracer/linux/task_view.hpp"

namespace snug::tracer {

// Something that a workload has become or made, which its exit status may not show.
struct State {
  std::string what;  // at which event, which program, as whom; or the owner and mode that a file was given
  CapabilitySet bounding = 0;
  CapabilitySet effective = 0;
  CapabilitySet ambient = 0;

  auto operator<=>(const State&) const = default;
};

// Keeps the credentials that programs have when they begin and end, and the owners and modes that files get from
// calls that give them: what a program without a capability may fail to change while it carries on. To be used with
// a filter that points out watched_for_state().
class StateWatcher final : public Watcher {
 public:
  bool wants_every_call() const override { return false; }
  Decision entered(const Caller& caller, const Call& call, std::uint16_t filter_data) override;
  void returned(const Caller& caller, const Call& call, const SyscallReturned& outcome) override;

  const std::set<State>& states() const { return states_; }

 private:
  TaskView views_;
  std::set<State> states_;
};

// The names of the calls that it has to see.
std::vector<std::string> watched_for_state();

}  // namespace snug::tracer
