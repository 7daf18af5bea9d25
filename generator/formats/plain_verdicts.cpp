// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/plain_verdicts.hpp"

#include <fmt/format.h>

#include "generator/formats/refusal.hpp"

namespace snug {

Result<PlainVerdicts> plain_verdicts(const Profile& profile, std::string_view form) {
  PlainVerdicts verdicts;
  for (const Rule& rule : profile.rules) {
    if (rule.names.empty() || rule.verdict == profile.default_verdict) continue;
    if (!rule.conditions.empty())
      return cannot_write_as(
          form, fmt::format("a rule for {} depends on arguments, which this form cannot name", rule.names.front()),
          "allow or deny the call whatever its arguments are, or choose another format");
    for (const std::string& name : rule.names) verdicts.emplace(name, rule.verdict);
  }
  return verdicts;
}

std::map<Verdict, std::set<std::string>> names_by_verdict(const PlainVerdicts& verdicts) {
  std::map<Verdict, std::set<std::string>> names;
  for (const auto& [name, verdict] : verdicts) names[verdict].insert(name);
  return names;
}

std::vector<Rule> rules_of(const PlainVerdicts& verdicts) {
  std::vector<Rule> rules;
  for (const auto& [verdict, names] : names_by_verdict(verdicts))
    rules.push_back({{names.begin(), names.end()}, verdict, {}, ""});
  return rules;
}

}  // namespace snug
