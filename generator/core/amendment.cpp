// SPDX-License-Identifier: Apache-2.0
#include "generator/core/amendment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "snug/subcalls.hpp"
#include "snug/syscalls.hpp"

namespace snug {
namespace {

constexpr Verdict kAllow{Action::allow, 0};

bool names(const Rule& rule, const std::string& name) {
  return std::ranges::find(rule.names, name) != rule.names.end();
}

std::vector<std::uint32_t> indexes_of(const std::vector<Condition>& conditions) {
  std::vector<std::uint32_t> indexes;
  indexes.reserve(conditions.size());
  for (const Condition& condition : conditions) indexes.push_back(condition.index);
  std::ranges::sort(indexes);
  return indexes;
}

bool names_an_argument_twice(const Rule& rule) {
  const auto indexes = indexes_of(rule.conditions);
  return std::ranges::adjacent_find(indexes) != indexes.end();
}

// The condition that lets this value through, in the form of one that lets others through.
Condition widened(const Condition& condition, const Arguments& arguments) {
  const std::uint64_t value = arguments[condition.index];
  if (condition.comparison == Comparison::masked_eq)
    return {condition.index, Comparison::masked_eq, condition.value, value & condition.value};
  return {condition.index, Comparison::eq, value, 0};
}

class Amending {
 public:
  explicit Amending(Profile profile) : profile_(std::move(profile)) {}

  // Why it cannot be allowed; empty when it is.
  std::string allow(const Need& need) {
    add_arch(need.call.first);
    if (is_allowed(need)) return "";
    const auto name = name_of_share(need);
    if (!name) return "it has no name that a rule could use";
    strip_denials(*name, need);
    if (is_allowed(need)) return "";
    add_rule(*name, need);
    if (is_allowed(need)) return "";
    return fmt::format("other rules for {} stand in the way", *name);
  }

  Profile take() { return std::move(profile_); }

 private:
  bool is_allowed(const Need& need) const {
    if (need.any_arguments && !Meaning(profile_).conditional_rules(need.call).empty()) return false;
    return decide(profile_, need.call, need.arguments).action == Action::allow;
  }

  void add_arch(Arch arch) {
    auto& archs = profile_.architectures;
    if (arch != native_arch() && std::ranges::find(archs, arch) == archs.end()) archs.push_back(arch);
  }

  // The name under which a rule lets the call through and no others: of a multiplexer, its share, unless the
  // profile speaks of the multiplexer as a whole, so that rules for shares are void.
  std::optional<std::string> name_of_share(const Need& need) const {
    const auto name = syscall_name(need.call.first, need.call.second);
    if (!name) return std::nullopt;
    const std::string whole(*name);
    const bool is_ruled = std::ranges::any_of(profile_.rules, [&](const Rule& rule) { return names(rule, whole); });
    const auto share = subcall_name(whole, static_cast<std::uint32_t>(need.arguments[0] & 0xffff));
    if (is_ruled || need.any_arguments || share.empty()) return whole;
    return std::string(share);
  }

  // With one condition enough, the rule is as good as one rule for each.
  bool applies(const Rule& rule, const Need& need) const {
    const auto met = [&](const Condition& each) { return holds(each, need.arguments, need.call.first); };
    if (need.any_arguments) return true;
    return names_an_argument_twice(rule) ? std::ranges::any_of(rule.conditions, met)
                                         : std::ranges::all_of(rule.conditions, met);
  }

  void strip_denials(const std::string& name, const Need& need) {
    for (Rule& rule : profile_.rules) {
      if (rule.verdict.action != Action::allow && names(rule, name) && applies(rule, need))
        std::erase(rule.names, name);
    }
    std::erase_if(profile_.rules, [](const Rule& rule) { return rule.names.empty(); });
  }

  // The rule that lets the call through with other arguments, and of several the one that asks for least more.
  const Rule* nearest(const std::string& name, const Need& need) const {
    const Rule* nearest = nullptr;
    std::ptrdiff_t fewest = 0;
    for (const Rule& rule : profile_.rules) {
      if (rule.verdict != kAllow || rule.conditions.empty() || !names(rule, name)) continue;
      const auto unmet = std::ranges::count_if(rule.conditions, [&](const Condition& condition) {
        return !holds(condition, need.arguments, need.call.first);
      });
      if (nearest != nullptr && unmet >= fewest) continue;
      nearest = &rule;
      fewest = unmet;
    }
    return nearest;
  }

  void add_rule(const std::string& name, const Need& need) {
    const Rule* const model = need.any_arguments ? nullptr : nearest(name, need);
    if (model == nullptr) return allow_always(name);
    std::vector<Condition> conditions = model->conditions;
    if (names_an_argument_twice(*model)) conditions.resize(1);
    for (Condition& condition : conditions)
      if (!holds(condition, need.arguments, need.call.first)) condition = widened(condition, need.arguments);
    profile_.rules.push_back({{name}, kAllow, std::move(conditions), ""});
  }

  // In the longest list of calls that are always allowed, where readers look for it.
  void allow_always(const std::string& name) {
    Rule* longest = nullptr;
    for (Rule& rule : profile_.rules) {
      if (rule.verdict != kAllow) continue;
      if (!rule.conditions.empty()) {
        std::erase(rule.names, name);
      } else if (longest == nullptr || rule.names.size() > longest->names.size()) {
        longest = &rule;
      }
    }
    if (longest == nullptr) {
      profile_.rules.push_back({{name}, kAllow, {}, ""});
    } else {
      longest->names.insert(std::ranges::lower_bound(longest->names, name), name);
    }
    std::erase_if(profile_.rules, [](const Rule& rule) { return rule.names.empty(); });
  }

  Profile profile_;
};

std::string describe(CallId call) {
  const auto name = syscall_name(call.first, call.second);
  return name ? std::string(*name) : fmt::format("number {} of {}", call.second, name_of(call.first));
}

}  // namespace

std::uint8_t telling_registers(const Profile& profile, CallId call) {
  unsigned registers = 0;
  for (const Rule* rule : Meaning(profile).conditional_rules(call))
    for (const Condition& condition : rule->conditions) registers |= 1U << condition.index;
  const auto name = syscall_name(call.first, call.second);
  if (name && !subcall_name(*name, 1).empty()) registers |= 1U;
  return static_cast<std::uint8_t>(registers);
}

Result<Profile> amended(const Profile& profile, const std::vector<Need>& needs) {
  Amending amending(profile);
  for (const Need& need : needs) {
    if (const std::string why = amending.allow(need); !why.empty())
      return Error{ErrorCode::unsupported,
                   fmt::format("cannot change the profile so that it allows {}", describe(need.call)), why,
                   "change the profile by hand, or generate a new one"};
  }
  return amending.take();
}

}  // namespace snug
