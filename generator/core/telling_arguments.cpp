// SPDX-License-Identifier: Apache-2.0
#include "generator/core/telling_arguments.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace snug {

namespace {

using Values = std::vector<std::uint64_t>;

constexpr std::uint64_t kUpperHalf = ~std::uint64_t{UINT32_MAX};
constexpr std::uint64_t kGarbage = 0xdeadbeef00000000;
constexpr std::uint64_t kUnasked = 0x5a5a5a5a5a5a5a5a;  // for arguments that no rule looks at

// Where so many conditions look at one argument, only the ends of their masks are tried.
constexpr std::size_t kManyConditions = 64;

enum class Thoroughness : std::uint8_t { every_bit, ends };

void add_around(std::set<std::uint64_t>& values, std::uint64_t value) {
  values.insert({value, value + 1, value - 1, value ^ (std::uint64_t{1} << 32), value | kUpperHalf,
                 value & UINT32_MAX, (value & UINT32_MAX) | kGarbage});
}

void add_flipped(std::set<std::uint64_t>& values, const Condition& condition, Thoroughness thoroughness) {
  const std::uint64_t mask = condition.value;
  for (std::uint64_t rest = mask; rest != 0; rest &= rest - 1) {
    const std::uint64_t bit = rest & (~rest + 1);
    const bool is_end = rest == mask || rest == bit;
    if (is_end || thoroughness == Thoroughness::every_bit) values.insert(condition.value_two ^ bit);
  }
  values.insert({condition.value_two | ~mask, mask});
}

Values values_of(std::uint32_t index, std::span<const Rule* const> rules) {
  std::vector<const Condition*> conditions;
  for (const Rule* rule : rules)
    for (const Condition& condition : rule->conditions)
      if (condition.index == index) conditions.push_back(&condition);
  if (conditions.empty()) return {kUnasked};

  const auto thoroughness = conditions.size() > kManyConditions ? Thoroughness::ends : Thoroughness::every_bit;
  std::set<std::uint64_t> values{0, UINT32_MAX, UINT64_MAX};
  for (const Condition* condition : conditions) {
    const bool is_masked = condition->comparison == Comparison::masked_eq;
    add_around(values, is_masked ? condition->value_two : condition->value);
    if (is_masked) add_flipped(values, *condition, thoroughness);
  }
  return {values.begin(), values.end()};
}

std::uint64_t wanted_by(const Condition& condition) {
  switch (condition.comparison) {
    case Comparison::ne:
    case Comparison::gt:
      return condition.value + 1;
    case Comparison::lt:
      return condition.value - 1;
    case Comparison::le:
    case Comparison::eq:
    case Comparison::ge:
      return condition.value;
    case Comparison::masked_eq:
      return condition.value_two;
  }
  return condition.value;
}

// Goes through the combinations of the values of all six arguments.
class Combinations {
 public:
  explicit Combinations(std::span<const Rule* const> rules) : rules_(rules) {
    for (std::uint32_t index = 0; index < values_.size(); ++index) values_[index] = values_of(index, rules);
  }

  std::vector<Arguments> take() {
    const std::uint64_t all = count();
    if (all <= kMostTellingArguments) {
      for (std::uint64_t place = 0; place < all; ++place) add(at(place));
    } else {
      add_around_rules();
      add_evenly(all);
    }
    return std::move(chosen_);
  }

 private:
  void add(const Arguments& arguments) {
    if (chosen_.size() < kMostTellingArguments) chosen_.push_back(arguments);
  }

  // How many there are; more than 2^32 count as that many: the arguments behind then vary around rules only.
  std::uint64_t count() const {
    std::uint64_t all = 1;
    for (const Values& values : values_) all = std::min(all * values.size(), std::uint64_t{1} << 32);
    return all;
  }

  Arguments at(std::uint64_t place) const {
    Arguments arguments{};
    for (std::size_t index = 0; index < values_.size(); ++index) {
      arguments[index] = values_[index][place % values_[index].size()];
      place /= values_[index].size();
    }
    return arguments;
  }

  static Arguments wanted_by_rule(const Rule& rule) {
    Arguments wanted;
    wanted.fill(kUnasked);
    for (const Condition& condition : rule.conditions) wanted[condition.index] = wanted_by(condition);
    return wanted;
  }

  // What each rule asks for comes before the neighbours of any, so that no rule goes untried for those before it.
  void add_around_rules() {
    for (const Rule* rule : rules_) add(wanted_by_rule(*rule));
    for (const Rule* rule : rules_) {
      const Arguments wanted = wanted_by_rule(*rule);
      for (std::size_t index = 0; index < values_.size(); ++index) {
        Arguments arguments = wanted;
        for (const std::uint64_t value : values_[index]) {
          arguments[index] = value;
          add(arguments);
        }
      }
    }
  }

  // Multiples of a prime near the golden section of 2^32 lie evenly in whatever range they are wrapped to.
  void add_evenly(std::uint64_t all) {
    constexpr std::uint64_t kStep = 2654435761;
    for (std::uint64_t i = 0; chosen_.size() < kMostTellingArguments; ++i) add(at(i * kStep % all));
  }

  std::span<const Rule* const> rules_;
  std::array<Values, std::tuple_size_v<Arguments>> values_;
  std::vector<Arguments> chosen_;
};

}  // namespace

std::vector<Arguments> telling_arguments(std::span<const Rule* const> rules) {
  return Combinations(rules).take();
}

}  // namespace snug
