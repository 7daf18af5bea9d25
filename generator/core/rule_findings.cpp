// SPDX-License-Identifier: Apache-2.0
#include "generator/core/rule_findings.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

#include "generator/core/verdict_words.hpp"

namespace snug {

namespace {

using Names = std::vector<std::string>;

// A rule that does nothing, and the one because of which.
struct Idle {
  Verdict verdict;
  bool is_conditional;
  Verdict winner;

  auto operator<=>(const Idle&) const = default;
};

Finding finding_on(const Idle& idle, const Names& names) {
  const std::string list = listed(names);
  if (idle.verdict == idle.winner)
    return {Severity::note, "duplicate-rule",
            fmt::format("more than one rule says that a call {}: {}", what_happens(idle.verdict), list),
            "keep the one without conditions"};
  const std::string_view kind = idle.is_conditional ? "a rule with conditions" : "a later rule";
  return {Severity::warning, "shadowed-rule",
          fmt::format("{} says that a call {}, and another one, without conditions, that it {}, which wins "
                      "silently: {}",
                      kind, what_happens(idle.verdict), what_happens(idle.winner), list),
          "keep one of the two"};
}

std::vector<Finding> repetitions(const Profile& profile) {
  Names names;
  for (const Rule& rule : profile.rules)
    if (rule.verdict == profile.default_verdict) names.insert(names.end(), rule.names.begin(), rule.names.end());
  if (names.empty()) return {};
  return {{Severity::note, "repeats-default",
           fmt::format("a rule says that a call {}, as the default action does, and engines skip such rules: {}",
                       what_happens(profile.default_verdict), listed(names)),
           ""}};
}

}  // namespace

std::vector<Finding> rule_findings(const Profile& profile) {
  std::map<std::string_view, const Rule*> winners;
  for (const Rule& rule : profile.rules)
    if (rule.conditions.empty() && rule.verdict != profile.default_verdict)
      for (const std::string& name : rule.names) winners.emplace(name, &rule);

  std::map<Idle, Names> idle;
  for (const Rule& rule : profile.rules) {
    if (rule.verdict == profile.default_verdict) continue;
    for (const std::string& name : rule.names) {
      const auto winner = winners.find(name);
      if (winner == winners.end() || winner->second == &rule) continue;
      idle[{rule.verdict, !rule.conditions.empty(), winner->second->verdict}].push_back(name);
    }
  }

  std::vector<Finding> findings = repetitions(profile);
  for (const auto& [rule, names] : idle) findings.push_back(finding_on(rule, names));
  return findings;
}

}  // namespace snug
