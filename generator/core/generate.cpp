// SPDX-License-Identifier: Apache-2.0
#include "generator/core/generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "generator/core/evidence.hpp"
#include "generator/core/floor.hpp"
#include "generator/core/floor_widening.hpp"
#include "snug/syscalls.hpp"

namespace snug {

namespace {

std::string joined(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, "; "));
}

std::optional<Error> refusal(const Recording& recording, const Evidence& evidence, Incomplete incomplete) {
  const auto gaps = incomplete_because(recording);
  if (!gaps.empty() && incomplete == Incomplete::refused)
    return Error{ErrorCode::refused, "cannot generate a profile from an incomplete recording", joined(gaps),
                 "record the workload again, or accept the gaps with --allow-incomplete"};
  if (evidence.named.empty())
    return Error{ErrorCode::refused, "cannot generate a profile that allows nothing",
                 "the recording has no system call that a profile could allow",
                 "record the workload: snug trace -- COMMAND"};
  return std::nullopt;
}

// The ABIs the runs were made on and those whose calls were seen. A container's runtime uses the former even where
// the workload uses only the latter.
std::vector<Arch> architectures_of(const Recording& recording) {
  std::set<Arch> archs;
  for (const auto& [id, run] : recording.runs) archs.insert(run.host.arch);
  for (const auto& [key, observations] : recording.syscalls) archs.insert(key.arch);
  archs.erase(Arch::unknown);
  return {archs.begin(), archs.end()};
}

// What runtimes call before the workload does, as each of the hosts needs it.
class RuntimeFloor {
 public:
  RuntimeFloor(const Recording& recording, const GenerateOptions& options) : request_(options.containers) {
    if (options.floor == FloorChoice::none) return;
    floors_ = shipped_floors();
    for (const Floor& measured : options.measured_floors) floors_ = widened(std::move(floors_), measured);
    for (const auto& [id, run] : recording.runs) hosts_.insert(run.host.arch);
  }

  std::set<std::string> calls() const {
    std::set<std::string> calls;
    for (const Arch host : hosts_) calls.merge(floor_calls(floors_, request_, host));
    return calls;
  }

  // What is allowed for the runtime alone could be saved.
  std::vector<Saving> savings(const Entries& allowed) const {
    std::set<std::string> needed;
    for (const auto& [name, entry] : allowed)
      if (*entry.origins.begin() != Origin::floor || entry.origins.size() > 1) needed.insert(name);
    return hosts_.empty() ? std::vector<Saving>{} : possible_savings(floors_, request_, needed, *hosts_.begin());
  }

 private:
  const FloorRequest& request_;
  std::vector<Floor> floors_;
  std::set<Arch> hosts_;
};

// The ABIs that were asked for and not recorded.
std::vector<Arch> further_architectures(const std::vector<Arch>& asked, const std::vector<Arch>& recorded) {
  std::set<Arch> further(asked.begin(), asked.end());
  for (const Arch arch : recorded) further.erase(arch);
  return {further.begin(), further.end()};
}

// Calls that are allowed under the same conditions share a rule.
std::vector<Rule> limited_rules(const ArgumentRules& arguments) {
  std::map<Conditions, Rule> rules;
  for (const auto& [call, alternatives] : arguments.limits) {
    for (const Conditions& conditions : alternatives) {
      Rule& rule = rules[conditions];
      rule.conditions = conditions;
      rule.verdict = {Action::allow, 0};
      rule.names.push_back(call);
      rule.comment = fmt::format("without {}", arguments.gains.at(call));
    }
  }
  std::vector<Rule> sorted;
  for (auto& [conditions, rule] : rules) sorted.push_back(std::move(rule));
  std::ranges::sort(sorted);
  return sorted;
}

Rule whole_calls(const Generated& generated) {
  Rule rule{{}, {Action::allow, 0}, {}, {}};
  for (const auto& [name, entry] : generated.allowed)
    if (!generated.arguments.limits.contains(name)) rule.names.push_back(name);
  return rule;
}

Profile profile_of(const Evidence& evidence, const Generated& generated, std::vector<Arch> archs, ErrnoForm form) {
  Profile profile{default_verdict_of(form), std::move(archs), {whole_calls(generated)}};
  for (Rule& rule : limited_rules(generated.arguments)) profile.rules.push_back(std::move(rule));
  for (Rule& rule : denials(evidence, generated.allowed, profile.architectures, form))
    profile.rules.push_back(std::move(rule));
  return profile;
}

AllowedCounts count(const Entries& allowed) {
  AllowedCounts counts;
  for (const auto& [name, entry] : allowed) ++counts[*entry.origins.begin()];
  return counts;
}

std::set<std::string> names_of(const Entries& allowed) {
  std::set<std::string> names;
  for (const auto& [name, entry] : allowed) names.insert(name);
  return names;
}

std::string unsayable(const NamelessEvidence& call) {
  const auto [arch, number] = call.key;
  const std::string subject = arch == Arch::unknown
                                  ? fmt::format("system call {} is of an unknown ABI", number)
                                  : fmt::format("{} system call {} has no name", name_of(arch), number);
  return fmt::format("{}, so no profile can allow it (seen {} {})", subject, call.count,
                     call.count == 1 ? "time" : "times");
}

// What no run was there to see, though each saw all of its own interval.
std::vector<std::string> unobserved(const Recording& recording) {
  std::vector<std::string> gaps;
  const auto attached = [](const auto& entry) { return entry.second.begin == Run::Begin::attach; };
  if (!recording.runs.empty() && std::ranges::all_of(recording.runs, attached)) {
    gaps.emplace_back(
        "snug attached when the workload ran already, so that what it calls at its start is not in the profile: "
        "merge a recording from its start");
  }
  for (const auto& [id, run] : recording.runs) {
    if (run.end != Run::End::command || run.accounting.tasks_detached == 0) continue;
    gaps.push_back(
        fmt::format("the descendants of {} were let go when it ended: what they called then is not in the profile",
                    run.command.empty() ? "the command" : run.command.front()));
  }
  return gaps;
}

std::vector<std::string> warnings_of(const Recording& recording, const Evidence& evidence) {
  std::vector<std::string> warnings;
  for (const std::string& gap : incomplete_because(recording))
    warnings.push_back(fmt::format("the recording is incomplete: {}", gap));
  for (const std::string& gap : unobserved(recording)) warnings.push_back(gap);
  for (const NamelessEvidence& call : evidence.nameless) warnings.push_back(unsayable(call));
  return warnings;
}

}  // namespace

Result<Generated> generate(const Recording& recording, const GenerateOptions& options) {
  const Evidence evidence = evidence_of(recording);
  if (const auto error = refusal(recording, evidence, options.incomplete)) return *error;

  const auto recorded = architectures_of(recording);
  const auto further = further_architectures(options.architectures, recorded);
  const RuntimeFloor floor(recording, options);
  const auto runtime_calls = floor.calls();
  auto archs = recorded;
  archs.insert(archs.end(), further.begin(), further.end());

  Generated generated;
  generated.allowed =
      allowed_calls({evidence, runtime_calls, recorded, further, options.portability, shows_threads(recording)});
  generated.counts = count(generated.allowed);
  generated.arguments =
      argument_rules(recording, {names_of(generated.allowed), runtime_calls, archs, options.portability.siblings},
                     options.arguments);
  generated.savings = floor.savings(generated.allowed);
  generated.warnings = warnings_of(recording, evidence);
  generated.profile = profile_of(evidence, generated, std::move(archs), options.errno_form);
  return generated;
}

}  // namespace snug
