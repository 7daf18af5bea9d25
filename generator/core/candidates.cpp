// SPDX-License-Identifier: Apache-2.0
#include "generator/core/candidates.hpp"

#include "snug/syscalls.hpp"

namespace snug {
namespace {

struct Outcomes {
  std::uint64_t watched = 0;
  std::uint64_t failed = 0;
};

std::map<std::string, Outcomes> outcomes_of(const Recording& recording) {
  std::map<std::string, Outcomes> outcomes;
  for (const auto& [key, observations] : recording.syscalls) {
    const auto name = syscall_name(key.arch, key.number);
    if (!name) continue;
    Outcomes& sum = outcomes[std::string(*name)];
    for (const auto& [where, observation] : observations) {
      sum.watched += observation.outcomes;
      for (const auto& [error, count] : observation.errors) sum.failed += count;
    }
  }
  return outcomes;
}

// What remains to be said of the call without its having been seen; empty when nothing does.
std::string other_reasons(Reason reason) {
  reason.entry.origins.erase(Origin::observed);
  reason.entry.origins.erase(Origin::predicted);
  reason.without.clear();
  reason.whole_because.clear();
  return describe(reason);
}

}  // namespace

Candidates candidates_of(const Recording& recording, const Reasons& reasons, const std::set<std::string>& permitted,
                         const std::set<std::string>& keep) {
  const auto outcomes = outcomes_of(recording);
  Candidates candidates;
  for (const std::string& name : permitted) {
    const auto seen = outcomes.find(name);
    const auto reason = reasons.find(name);
    const std::string held = reason == reasons.end() ? "" : other_reasons(reason->second);
    if (seen == outcomes.end()) {
      candidates.unseen.push_back(name);
    } else if (keep.contains(name)) {
      candidates.held[name] = "kept on request";
    } else if (!held.empty()) {
      candidates.held[name] = held;
    } else {
      const bool only_failed = seen->second.watched > 0 && seen->second.failed == seen->second.watched;
      (only_failed ? candidates.doubtful : candidates.others).push_back(name);
    }
  }
  return candidates;
}

}  // namespace snug
