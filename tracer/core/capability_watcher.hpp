// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tracer/core/capability_rules.hpp"
#include "tracer/core/check_source.hpp"
#include "tracer/core/recorder.hpp"
#include "tracer/core/surroundings.hpp"
#include "tracer/core/watcher.hpp"

namespace snug::tracer {

// Keeps what a workload needs of capabilities beside what a recorder keeps of its calls. What a call needs is
// judged before it is made, where everything is still as the kernel will find it, and counts when it succeeds.
class CapabilityWatcher final : public Watcher {
 public:
  // `kernel` tells of the kernel's own checks, which confirm what was judged and show what no rule knows.
  CapabilityWatcher(Recorder& recorder, TaskViews& views, CheckSource& kernel)
      : recorder_(recorder), views_(views), kernel_(kernel) {}

  bool wants_every_call() const override { return true; }
  void begun(pid_t tid) override;
  void moved(pid_t from, pid_t to) override;
  void ended(pid_t tid) override;
  Decision entered(const Caller& caller, const Call& call, std::uint16_t filter_data) override;
  void returned(const Caller& caller, const Call& call, const SyscallReturned& outcome) override;

  // Adds what was found to the recorder's recording of the run.
  void add_to(Recording& recording, const RunId& id) const;

 private:
  // A call that has begun, of which something is to be learnt when it returns.
  struct Pending {
    bool recorder_asked = false;
    bool is_judged = false;  // else it is when it fails for lack of privilege
    bool is_exec = false;
    Judgement judgement;
    CapabilityNeed reaching_out;  // of the need, what counts whatever the task has
    Credentials before;
  };

  // What needs are told apart by.
  struct Key {
    Executable executable;
    CapabilityKey need;

    auto operator<=>(const Key&) const = default;
  };

  void note_start(const Credentials& own);
  void note_unjudged(const Caller& caller, const Call& call);
  bool concerns(std::span<const CapabilityRule> rules, const Call& call) const;
  bool applies(const CapabilityRule& rule, const Call& call, const Credentials& own) const;
  void judge(const Call& call, Surroundings& around, Pending& pending) const;
  void conclude(const Caller& caller, const Call& call, const SyscallReturned& outcome, Pending& pending);
  CapabilityNeed lacking(const Caller& caller, const Call& call, Pending& pending);
  CapabilitySet granted_of(const std::vector<CapabilityCheck>& checks) const;
  void keep_unexplained(const Caller& caller, const Call& call, const SyscallReturned& outcome,
                        const std::vector<CapabilityCheck>& checks, const CapabilityNeed& explained);
  void note_gain(pid_t tid, const Credentials& before);
  void keep(const Caller& caller, const Call& call, CapabilityUse use, CapabilityNeed need, const std::string& on,
            bool is_confirmed = false);

  Recorder& recorder_;
  TaskViews& views_;
  CheckSource& kernel_;
  std::optional<Privilege> privilege_;
  std::uint64_t home_ = 0;  // the user namespace that the workload began in
  std::unordered_map<pid_t, Pending> pending_;
  std::unordered_set<int> tracked_;  // descriptors, of whatever process
  std::map<Key, CapabilityEvidence> needs_;
  std::map<Key, std::size_t> places_;  // how many different ones were kept, by the key without
  std::set<std::string> unjudged_;
};

}  // namespace snug::tracer
