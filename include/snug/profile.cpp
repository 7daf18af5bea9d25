// SPDX-License-Identifier: Apache-2.0
#include "snug/profile.hpp"

#include <array>
#include <utility>

namespace snug {

namespace {

using ActionName = std::pair<Action, std::string_view>;
using ComparisonName = std::pair<Comparison, std::string_view>;

constexpr std::array kActionNames{
    ActionName{Action::allow, "SCMP_ACT_ALLOW"},
    ActionName{Action::log, "SCMP_ACT_LOG"},
    ActionName{Action::notify, "SCMP_ACT_NOTIFY"},
    ActionName{Action::trace, "SCMP_ACT_TRACE"},
    ActionName{Action::fail, "SCMP_ACT_ERRNO"},
    ActionName{Action::trap, "SCMP_ACT_TRAP"},
    ActionName{Action::kill_thread, "SCMP_ACT_KILL_THREAD"},
    ActionName{Action::kill_process, "SCMP_ACT_KILL_PROCESS"},
    // The older spelling stands last, so that it is understood and never written.
    ActionName{Action::kill_thread, "SCMP_ACT_KILL"},
};

constexpr std::array kComparisonNames{
    ComparisonName{Comparison::ne, "SCMP_CMP_NE"},
    ComparisonName{Comparison::lt, "SCMP_CMP_LT"},
    ComparisonName{Comparison::le, "SCMP_CMP_LE"},
    ComparisonName{Comparison::eq, "SCMP_CMP_EQ"},
    ComparisonName{Comparison::ge, "SCMP_CMP_GE"},
    ComparisonName{Comparison::gt, "SCMP_CMP_GT"},
    ComparisonName{Comparison::masked_eq, "SCMP_CMP_MASKED_EQ"},
};

template <typename Names, typename Value>
std::string_view name_in(const Names& names, Value value) {
  for (const auto& [candidate, name] : names)
    if (candidate == value) return name;
  return {};
}

template <typename Value, typename Names>
std::optional<Value> value_in(const Names& names, std::string_view name) {
  for (const auto& [value, candidate] : names)
    if (candidate == name) return value;
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Action action) {
  return name_in(kActionNames, action);
}

std::optional<Action> action_named(std::string_view name) {
  return value_in<Action>(kActionNames, name);
}

std::string_view name_of(Comparison comparison) {
  return name_in(kComparisonNames, comparison);
}

std::optional<Comparison> comparison_named(std::string_view name) {
  return value_in<Comparison>(kComparisonNames, name);
}

}  // namespace snug
