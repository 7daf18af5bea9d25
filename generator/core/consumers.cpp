// SPDX-License-Identifier: Apache-2.0
#include "generator/core/consumers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <utility>

namespace snug {

namespace {

using Findings = std::vector<ConsumerFinding>;

// The operator's schema has signed numbers (seccompprofile_types.go, version 1.0).
constexpr std::uint64_t kLargestOperatorValue = 0x7fffffffffffffff;

bool carries_errno(const Verdict& verdict) {
  return verdict.action == Action::fail || verdict.action == Action::trace;
}

bool has_other_errno(const Verdict& verdict) {
  return carries_errno(verdict) && verdict.errno_value != EPERM;
}

// The rules that say anything: a rule that repeats the default is skipped by all of them.
std::vector<const Rule*> effective_rules(const Profile& profile) {
  std::vector<const Rule*> rules;
  for (const Rule& rule : profile.rules)
    if (!rule.names.empty() && rule.verdict != profile.default_verdict) rules.push_back(&rule);
  return rules;
}

bool has_action(const Profile& profile, Action action) {
  const auto rules = effective_rules(profile);
  return profile.default_verdict.action == action ||
         std::any_of(rules.begin(), rules.end(), [&](const Rule* rule) { return rule->verdict.action == action; });
}

void find_actions(const Profile& profile, Findings& findings) {
  if (has_action(profile, Action::notify)) {
    for (const Consumer consumer : {Consumer::runc, Consumer::crun, Consumer::docker})
      findings.push_back({consumer, "starts no container with SCMP_ACT_NOTIFY and without a listener"});
    findings.push_back(
        {Consumer::security_profiles_operator, "needs a listenerPath, which is not told, for SCMP_ACT_NOTIFY"});
    findings.push_back({Consumer::bubblewrap, "has no listener, so that SCMP_ACT_NOTIFY fails calls with ENOSYS"});
  }
  if (has_action(profile, Action::trace))
    for (const Consumer consumer : {Consumer::runc, Consumer::crun, Consumer::docker, Consumer::bubblewrap})
      findings.push_back(
          {consumer, "fails calls that have SCMP_ACT_TRACE with ENOSYS, unless a tracer is attached"});
  for (const Action action : {Action::kill_process, Action::log, Action::notify})
    if (has_action(profile, action))
      findings.push_back({Consumer::gvisor, fmt::format("does not know {}", name_of(action))});
}

// runc puts a filter of its own before the profile's, unless the default lets calls pass.
void find_newer_calls(const Profile& profile, Findings& findings) {
  const Action action = profile.default_verdict.action;
  if (action == Action::kill_process || action == Action::kill_thread || action == Action::trap)
    for (const Consumer consumer : {Consumer::runc, Consumer::docker})
      findings.push_back(
          {consumer,
           fmt::format("fails calls newer than any that is named with ENOSYS, in place of {}", name_of(action))});
}

void find_errnos(const Profile& profile, Findings& findings) {
  const auto rules = effective_rules(profile);
  const bool in_default = has_other_errno(profile.default_verdict);
  const bool in_rule =
      std::any_of(rules.begin(), rules.end(), [](const Rule* rule) { return has_other_errno(rule->verdict); });
  const bool any_errno =
      std::any_of(rules.begin(), rules.end(), [](const Rule* rule) { return carries_errno(rule->verdict); });

  if (in_default) {
    findings.push_back({Consumer::docker, "before 23.0 ignores the default's errno, and fails calls with EPERM"});
    findings.push_back({Consumer::security_profiles_operator,
                        "has no place for the default's errno, so that calls fail with EPERM"});
  }
  if (in_rule)
    findings.push_back({Consumer::docker, "before 20.10.10 ignores errnoRet, and fails calls with EPERM"});
  if (in_default || in_rule) findings.push_back({Consumer::gvisor, "fails calls with EPERM, whatever the errno"});
  if (any_errno) {
    findings.push_back(
        {Consumer::crun, "up to 1.29.1 may take the filter it cached for a profile that differs in errnos only"});
    findings.push_back(
        {Consumer::security_profiles_operator, "before 0.8.1 takes errnoRet as text, not as a number"});
  }
}

void find_architectures(const Profile& profile, Findings& findings) {
  const auto& archs = profile.architectures;
  if (std::find(archs.begin(), archs.end(), Arch::loongarch64) == archs.end()) return;
  for (const Consumer consumer : {Consumer::runc, Consumer::crun, Consumer::docker})
    findings.push_back({consumer, "needs libseccomp 2.6 for SCMP_ARCH_LOONGARCH64"});
  findings.push_back({Consumer::security_profiles_operator, "does not know SCMP_ARCH_LOONGARCH64"});
}

bool names_an_argument_twice(const Rule& rule) {
  std::set<std::uint32_t> indexes;
  for (const Condition& condition : rule.conditions) indexes.insert(condition.index);
  return indexes.size() < rule.conditions.size();
}

bool exceeds_operator(const Rule& rule) {
  return std::any_of(rule.conditions.begin(), rule.conditions.end(), [](const Condition& condition) {
    return std::max(condition.value, condition.value_two) > kLargestOperatorValue;
  });
}

void find_conditions(const Profile& profile, Findings& findings) {
  for (const Rule* rule : effective_rules(profile)) {
    const std::string& name = rule->names.front();
    if (names_an_argument_twice(*rule))
      for (const Consumer consumer : {Consumer::runc, Consumer::crun, Consumer::docker, Consumer::gvisor})
        findings.push_back(
            {consumer,
             fmt::format("takes each condition of a rule for {} as a rule of its own, because an argument "
                         "stands twice in it",
                         name)});
    if (exceeds_operator(*rule))
      findings.push_back({Consumer::security_profiles_operator,
                          fmt::format("knows no numbers above {}, which a rule for {} compares with",
                                      kLargestOperatorValue, name)});
  }
}

// libseccomp refuses the second of two such rules, and the container does not start.
void find_contradictions(const Profile& profile, Findings& findings) {
  std::map<std::pair<std::string, std::vector<Condition>>, Verdict> verdicts;
  for (const Rule* rule : effective_rules(profile)) {
    if (rule->conditions.empty()) continue;
    auto conditions = rule->conditions;
    std::sort(conditions.begin(), conditions.end());
    for (const std::string& name : rule->names)
      if (verdicts.emplace(std::pair{name, conditions}, rule->verdict).first->second != rule->verdict)
        for (const Consumer consumer : {Consumer::runc, Consumer::crun, Consumer::docker})
          findings.push_back(
              {consumer, fmt::format("starts no container with two rules for {} that have the same conditions and "
                                     "different actions",
                                     name)});
  }
}

bool allows(const Profile& profile, std::string_view name) {
  for (const Rule* rule : effective_rules(profile))
    if (std::find(rule->names.begin(), rule->names.end(), name) != rule->names.end())
      return rule->verdict.action == Action::allow;
  return profile.default_verdict.action == Action::allow;
}

void find_systemd(const Profile& profile, Findings& findings) {
  const auto rules = effective_rules(profile);
  const bool has_own_denial = std::any_of(rules.begin(), rules.end(),
                                          [](const Rule* rule) { return rule->verdict.action != Action::allow; });
  if (has_own_denial && profile.default_verdict.action != Action::allow)
    findings.push_back({Consumer::systemd, "before 248 denies all calls alike, as the default does"});
  if (has_action(profile, Action::kill_process))
    findings.push_back({Consumer::systemd, "before 247 does not know \"kill\""});
  if (!allows(profile, "write"))
    findings.push_back({Consumer::systemd, "may allow write all the same, to learn that the service has started"});
}

}  // namespace

std::string_view name_of(Consumer consumer) {
  switch (consumer) {
    case Consumer::runc:
      return "runc";
    case Consumer::crun:
      return "crun";
    case Consumer::docker:
      return "Docker";
    case Consumer::gvisor:
      return "gVisor";
    case Consumer::security_profiles_operator:
      return "Security Profiles Operator";
    case Consumer::systemd:
      return "systemd";
    case Consumer::bubblewrap:
      return "bubblewrap";
  }
  return {};
}

std::vector<ConsumerFinding> consumer_findings(const Profile& profile) {
  Findings findings;
  find_actions(profile, findings);
  find_newer_calls(profile, findings);
  find_errnos(profile, findings);
  find_architectures(profile, findings);
  find_conditions(profile, findings);
  find_contradictions(profile, findings);
  find_systemd(profile, findings);
  std::sort(findings.begin(), findings.end());
  findings.erase(std::unique(findings.begin(), findings.end()), findings.end());
  return findings;
}

}  // namespace snug
