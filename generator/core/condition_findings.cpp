// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "generator/core/answers.hpp"
#include "generator/core/int_arguments.hpp"
#include "generator/core/rule_findings.hpp"
#include "snug/subcalls.hpp"
#include "snug/syscalls.hpp"

namespace snug {

namespace {

constexpr std::uint64_t kUpperHalf = ~std::uint64_t{UINT32_MAX};
constexpr std::uint32_t kLargestSubcall = 31;

std::string described(const Condition& condition) {
  if (condition.comparison == Comparison::masked_eq)
    return fmt::format("{} {:#x} {:#x}", name_of(condition.comparison), condition.value, condition.value_two);
  return fmt::format("{} {:#x}", name_of(condition.comparison), condition.value);
}

// What a condition makes of an argument whose upper half is not zero.
enum class UpperHalf : std::uint8_t { ignored, holds, fails };

UpperHalf met_with_upper_half(const Condition& condition) {
  switch (condition.comparison) {
    case Comparison::masked_eq:
      return (condition.value & kUpperHalf) == 0 ? UpperHalf::ignored : UpperHalf::fails;
    case Comparison::eq:
    case Comparison::lt:
    case Comparison::le:
      return UpperHalf::fails;
    case Comparison::ne:
    case Comparison::ge:
    case Comparison::gt:
      return UpperHalf::holds;
  }
  return UpperHalf::fails;
}

bool is_equality(const Condition& condition) {
  return condition.comparison == Comparison::eq || condition.comparison == Comparison::masked_eq;
}

using Conditions = std::vector<Condition>;

std::string remedy_for(const Conditions& conditions) {
  if (!std::ranges::all_of(conditions, is_equality))
    return "list the values that are meant, with SCMP_CMP_MASKED_EQ and value 4294967295";
  const Condition& first = conditions.front();
  if (conditions.size() > 1)
    return "use SCMP_CMP_MASKED_EQ with value 4294967295 and each of the values as valueTwo";
  const bool is_masked = first.comparison == Comparison::masked_eq;
  return fmt::format("use SCMP_CMP_MASKED_EQ with value {} and valueTwo {}",
                     is_masked ? first.value & UINT32_MAX : UINT32_MAX,
                     (is_masked ? first.value_two : first.value) & UINT32_MAX);
}

// Comparisons of one int argument that have the same effect.
struct WideComparisons {
  bool is_bypassed;
  std::string name;
  std::uint32_t index;

  auto operator<=>(const WideComparisons&) const = default;
};

Finding finding_on(const WideComparisons& compared, const Conditions& conditions) {
  std::vector<std::string> words;
  for (const Condition& condition : conditions) words.push_back(described(condition));
  const std::string fact = fmt::format("{} compares argument {} as 64 bits, but the kernel takes 32 bits of it",
                                       compared.name, compared.index);
  if (compared.is_bypassed)
    return {Severity::warning, "bypassable-comparison",
            fmt::format("{}, so that anything in the upper half passes by {}", fact, listed(words)),
            remedy_for(conditions)};
  return {Severity::note, "strict-comparison",
          fmt::format("{}, so that a program that leaves something in the upper half is refused by {}", fact,
                      listed(words)),
          remedy_for(conditions)};
}

class ConditionCheck {
 public:
  explicit ConditionCheck(const Profile& profile) : profile_(profile) {}

  std::vector<Finding> run() {
    for (const Rule& rule : profile_.rules) {
      if (rule.verdict == profile_.default_verdict) continue;
      for (const std::string& name : rule.names) check(rule, name);
    }
    for (const auto& [compared, conditions] : wide_) add(finding_on(compared, conditions));
    return std::move(findings_);
  }

 private:
  void check(const Rule& rule, const std::string& name) {
    for (const Condition& condition : rule.conditions) {
      check_possible(name, condition);
      if (is_int_argument(name, condition.index)) check_upper_half(rule, name, condition);
    }
    if (!rule.conditions.empty()) check_multiplexers(name);
  }

  void check_possible(const std::string& name, const Condition& condition) {
    const auto [index, comparison, value, value_two] = condition;
    const bool is_impossible = (comparison == Comparison::masked_eq && (value_two & ~value) != 0) ||
                               (comparison == Comparison::lt && value == 0) ||
                               (comparison == Comparison::gt && value == UINT64_MAX);
    if (is_impossible)
      add({Severity::error, "impossible-condition",
           fmt::format("no argument {} of {} can meet {}, and libseccomp compares something else", index, name,
                       described(condition)),
           "with SCMP_CMP_MASKED_EQ the mask is value, and valueTwo has no bits outside of it"});
  }

  // Where the upper half decides whether a call that shall be denied is allowed, the rule can be passed by.
  void check_upper_half(const Rule& rule, const std::string& name, const Condition& condition) {
    const UpperHalf met = met_with_upper_half(condition);
    const bool default_permits = permits(profile_.default_verdict);
    if (met == UpperHalf::ignored || permits(rule.verdict) == default_permits) return;

    const bool is_bypassed = (met == UpperHalf::holds) != default_permits;
    Conditions& conditions = wide_[{is_bypassed, name, condition.index}];
    if (std::ranges::find(conditions, condition) == conditions.end()) conditions.push_back(condition);
  }

  void check_multiplexers(const std::string& name) {
    for (const Arch arch : profile_.architectures)
      for (const std::string_view multiplexer : {"socketcall", "ipc"})
        if (is_behind(multiplexer, name, arch)) check_multiplexer(name, multiplexer, arch);
  }

  void check_multiplexer(const std::string& name, std::string_view multiplexer, Arch arch) {
    const auto verdict = verdict_on(multiplexer);
    if (verdict && !permits(*verdict)) return;
    const std::string_view consequence = verdict
                                             ? "is allowed as a whole, with any arguments"
                                             : "hides the arguments, so that the rule asks something else there";
    add({Severity::warning, "multiplexed-condition",
         fmt::format("{} can also be called through {} on {}, which {}", name, multiplexer, name_of(arch),
                     consequence),
         fmt::format("deny {}, or leave {} out", multiplexer, scmp_name_of(arch))});
  }

  static bool is_behind(std::string_view multiplexer, std::string_view name, Arch arch) {
    if (!syscall_number(arch, multiplexer)) return false;
    for (std::uint32_t number = 1; number <= kLargestSubcall; ++number)
      if (subcall_name(multiplexer, number) == name) return true;
    return false;
  }

  std::optional<Verdict> verdict_on(std::string_view name) const {
    for (const Rule& rule : profile_.rules)
      if (rule.conditions.empty() && rule.verdict != profile_.default_verdict &&
          std::ranges::find(rule.names, name) != rule.names.end())
        return rule.verdict;
    return std::nullopt;
  }

  void add(Finding finding) {
    if (std::ranges::find(findings_, finding) == findings_.end()) findings_.push_back(std::move(finding));
  }

  const Profile& profile_;
  std::map<WideComparisons, Conditions> wide_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> condition_findings(const Profile& profile) {
  return ConditionCheck(profile).run();
}

}  // namespace snug
