// SPDX-License-Identifier: Apache-2.0
#include "generator/core/removal.hpp"

#include <algorithm>
#include <cerrno>

#include "generator/core/fallbacks.hpp"

namespace snug {
namespace {

bool lets_through(const Rule& rule) {
  return rule.verdict.action == Action::allow || rule.verdict.action == Action::log;
}

constexpr Verdict kAbsent{Action::fail, ENOSYS};

}  // namespace

std::set<std::string> permitted_names(const Profile& profile) {
  std::set<std::string> names;
  for (const Rule& rule : profile.rules)
    if (lets_through(rule)) names.insert(rule.names.begin(), rule.names.end());
  return names;
}

Profile without(Profile profile, const std::set<std::string>& names) {
  for (Rule& rule : profile.rules) {
    if (!lets_through(rule)) continue;
    std::erase_if(rule.names, [&](const std::string& name) { return names.contains(name); });
  }
  std::erase_if(profile.rules, [](const Rule& rule) { return rule.names.empty(); });

  Rule absent{{}, kAbsent, {}, "tried without these"};
  const bool default_fails = profile.default_verdict.action == Action::fail;
  std::ranges::copy_if(names, std::back_inserter(absent.names),
                       [&](const std::string& name) { return !default_fails || has_fallback(name); });
  if (!absent.names.empty() && profile.default_verdict != kAbsent) profile.rules.push_back(std::move(absent));
  return profile;
}

}  // namespace snug
