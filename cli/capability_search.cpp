// SPDX-License-Identifier: Apache-2.0
#include "cli/capability_search.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "cli/capability_trial.hpp"
#include "cli/messages.hpp"
#include "generator/core/capability_advice.hpp"
#include "generator/core/minimizer.hpp"

namespace snug::cli {
namespace {

constexpr std::string_view kCannotTell = "cannot tell which capabilities the command needs";

class Search {
 public:
  explicit Search(const CapabilitySearch& search) : search_(search), held_(search.held) {}

  // Two runs with all that there is, which tell what is always so.
  Result<Done> learn() {
    auto first = attempt(held_);
    if (first && !first->passed && !search_.engine.empty()) {
      held_ &= ~latest();
      first = attempt(held_);
    }
    if (!first) return first.error();
    const auto second = attempt(held_);
    if (!second) return second.error();
    if (!first->passed || !second->passed) {
      return Error{ErrorCode::refused, std::string(kCannotTell),
                   fmt::format("it fails with all of them too: {}", first->passed ? second->ending : first->ending),
                   "make it pass first, with status 0"};
    }
    std::ranges::set_intersection(first->states, second->states, std::inserter(always_, always_.end()));
    return Done{};
  }

  Result<Trial> try_without(const Step& step) {
    CapabilitySet missing = 0;
    for (const std::string& name : step.missing) missing |= CapabilitySet{1} << *capability_number(name);
    const CapabilitySet kept = held_ & ~missing;
    const auto trial = attempt(kept);
    if (!trial && trial.error().code != ErrorCode::not_executable) return trial.error();
    Trial judged{.passed = false, .ending = "the command cannot be executed", .denied = {}};
    if (trial) judged = {.passed = trial->passed, .ending = trial->ending, .denied = {}};
    if (judged.passed) judge_states(trial->states, kept, judged);
    if (!search_.quiet) tell(step, judged);
    if (!judged.passed && kept != held_) {
      if (const auto repeatable = check_repeatable(step); !repeatable) return repeatable.error();
    }
    return judged;
  }

  CapabilitySet held() const { return held_; }
  std::size_t more_runs() const { return more_runs_; }

 private:
  Result<CapabilityTrial> attempt(CapabilitySet capabilities) {
    return search_.engine.empty()
               ? try_with(capabilities, search_.command, search_.apart, search_.no_new_privileges)
               : try_in_container(search_.engine, capabilities, search_.command, search_.apart);
  }

  // A run that failed may have left something behind that makes every later one fail.
  Result<Done> check_repeatable(const Step& step) {
    ++more_runs_;
    const auto again = attempt(held_);
    if (!again) return again.error();
    if (again->passed) return Done{};
    return Error{ErrorCode::refused, std::string(kCannotTell),
                 fmt::format("it fails with all of them too ({}) after it has failed without {}", again->ending,
                             fmt::join(step.tried.size() > 3 ? step.tried.first(3) : step.tried, ", ")),
                 "have it clean up what a failed run leaves behind before it begins"};
  }

  static tracer::State masked(tracer::State state, CapabilitySet kept) {
    state.bounding &= kept;
    state.effective &= kept;
    state.ambient &= kept;
    return state;
  }

  void judge_states(const std::set<tracer::State>& states, CapabilitySet kept, Trial& judged) const {
    std::set<tracer::State> seen;
    for (const tracer::State& state : states) seen.insert(masked(state, kept));
    for (const tracer::State& state : always_) {
      if (seen.contains(masked(state, kept))) continue;
      judged.passed = false;
      judged.ending = fmt::format("it ended well, but not as before: {}", state.what);
      return;
    }
  }

  static void tell(const Step& step, const Trial& trial) {
    const std::string what = step.missing.empty()    ? "with every capability"
                             : step.tried.empty()    ? "again without all that it does not need"
                             : step.tried.size() > 3 ? fmt::format("without {} more", step.tried.size())
                                                     : fmt::format("without {}", fmt::join(step.tried, ", "));
    say(fmt::format("run {} of at most {}, {}: {} ({})", step.run, step.most, what,
                    trial.passed ? "passed" : "failed", trial.ending));
  }

  // Those of Linux 5.8 and 5.9, whose names not every engine knows.
  static CapabilitySet latest() {
    CapabilitySet set = 0;
    for (const std::string_view name : {"PERFMON", "BPF", "CHECKPOINT_RESTORE"})
      set |= CapabilitySet{1} << *capability_number(name);
    return set;
  }

  const CapabilitySearch& search_;
  CapabilitySet held_;
  std::set<tracer::State> always_;
  std::size_t more_runs_ = 0;
};

std::vector<std::string> names_by_danger(CapabilitySet set) {
  std::vector<std::string> names;
  for (const unsigned number : by_danger(set)) names.emplace_back(capability_name(number));
  return names;
}

CapabilityClass class_of(Necessity necessity) {
  switch (necessity) {
    case Necessity::required:
      return CapabilityClass::required;
    case Necessity::flaky:
      return CapabilityClass::flaky;
    case Necessity::untried:
      return CapabilityClass::untried;
    case Necessity::tolerated:
      return CapabilityClass::tolerated;
  }
  return CapabilityClass::untried;
}

bool was_needed(const CapabilityFinding& finding) {
  return finding.what < CapabilityClass::tolerated || finding.what == CapabilityClass::alternative;
}

// What a run told stands before what the recording tells.
std::string line_of(const CallFinding& found) {
  switch (found.necessity) {
    case Necessity::required:
    case Necessity::tolerated:
      return fmt::format("without it: {}", found.ending);
    case Necessity::flaky:
      return fmt::format("without it sometimes: {}", found.ending);
    case Necessity::untried:
      return "not tried, for lack of runs (--runs)";
  }
  return "";
}

// Of a capability that the workload did without, there is something to tell only where it was thought to be needed.
void settle(CapabilityFinding& finding, const CallFinding& found, CapabilitySet required) {
  if (found.necessity != Necessity::tolerated) {
    finding.what = class_of(found.necessity);
    finding.evidence.insert(finding.evidence.begin(), line_of(found));
  } else if (was_needed(finding)) {
    const bool is_replaced = (finding.alternatives & required) != 0;
    finding.what = is_replaced ? CapabilityClass::alternative : CapabilityClass::tolerated;
  }
}

void settle(CapabilityReport& report, const Minimum& minimum) {
  std::map<unsigned, CapabilityFinding> findings;
  for (CapabilityFinding& finding : report.findings) findings.emplace(finding.number, std::move(finding));
  report.recommended = 0;
  for (const auto& [name, found] : minimum.findings)
    if (found.necessity != Necessity::tolerated) report.recommended |= CapabilitySet{1} << *capability_number(name);
  for (const auto& [name, found] : minimum.findings) {
    const unsigned number = *capability_number(name);
    const bool is_known = findings.contains(number);
    if (!is_known && found.necessity == Necessity::tolerated) continue;
    if (!is_known) findings[number].number = number;
    settle(findings[number], found, report.recommended);
  }
  report.findings.clear();
  for (auto& [number, finding] : findings) report.findings.push_back(std::move(finding));
}

}  // namespace

Result<Done> prove(const CapabilitySearch& request, CapabilityReport& report) {
  Search search(request);
  if (const auto learnt = search.learn(); !learnt) return learnt.error();
  const CapabilitySet suspected = request.suspected & search.held();
  const auto minimum =
      minimize({names_by_danger(search.held() & ~suspected), names_by_danger(suspected), request.runs},
               [&](const Step& step) { return search.try_without(step); });
  if (!minimum) return minimum.error();
  constexpr std::size_t kLearning = 2;
  report.runs += minimum->runs + kLearning + search.more_runs();
  report.had |= search.held();
  settle(report, *minimum);
  return Done{};
}

}  // namespace snug::cli
