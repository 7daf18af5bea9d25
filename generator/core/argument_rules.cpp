// SPDX-License-Identifier: Apache-2.0
#include "generator/core/argument_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "generator/core/argument_policies.hpp"
#include "snug/arguments.hpp"
#include "snug/result.hpp"
#include "snug/subcalls.hpp"
#include "snug/syscalls.hpp"

namespace snug {

namespace {

// Each rule costs instructions at every call of its name, and the kernel's fast path for calls that are always
// allowed (Linux 5.11).
constexpr std::size_t kMostRules = 32;

using Policies = std::span<const ArgumentPolicy>;
using Values = std::set<std::uint64_t>;

// Why a call cannot be judged by its arguments, as the end of "allowed with any arguments: …".
struct Obstacle {
  std::string because;
};
template <typename T>
using Judged = std::variant<T, Obstacle>;

bool goes_through_socketcall(Arch arch, std::string_view call) {
  if (!syscall_number(arch, "socketcall")) return false;
  return call == subcall_name("socketcall", 1) || call == subcall_name("socketcall", 8);  // socket, socketpair
}

const Argument* find_argument(Arch arch, std::uint32_t number, std::string_view name) {
  const auto arguments = arguments_of(arch, number);
  const auto found = std::ranges::find(arguments, name, &Argument::name);
  return found == arguments.end() ? nullptr : &*found;
}

// The register that holds the argument, the same on all ABIs that have the call.
Judged<std::uint32_t> register_of(const ArgumentPolicy& policy, const std::vector<Arch>& archs) {
  std::set<std::size_t> indexes;
  for (const Arch arch : archs) {
    const auto number = syscall_number(arch, policy.call);
    if (!number) continue;
    if (goes_through_socketcall(arch, policy.call)) {
      return Obstacle{
          fmt::format("on {} it can be made through socketcall, whose arguments lie in memory", name_of(arch))};
    }
    const Argument* const argument = find_argument(arch, *number, policy.argument);
    if (policy.call == "ioctl" && arch == Arch::ppc64le)
      return Obstacle{"on ppc64le requests have numbers of their own"};
    if (argument == nullptr) return Obstacle{fmt::format("on {} its arguments lie in memory", name_of(arch))};
    indexes.insert(argument->index);
  }
  if (indexes.size() == 1) return static_cast<std::uint32_t>(*indexes.begin());
  return Obstacle{"the ABIs pass its arguments in different registers"};
}

// What was passed in all runs, by all executables, on all ABIs.
Judged<Values> observed_values(const Recording& recording, const ArgumentPolicy& policy) {
  Values values;
  for (const auto& [key, observations] : recording.syscalls) {
    if (syscall_name(key.arch, key.number) != policy.call) continue;
    for (const auto& [where, observation] : observations) {
      const auto passed = observation.arguments.find(std::string(policy.argument));
      if (passed == observation.arguments.end()) return Obstacle{"its arguments were not recorded"};
      if (passed->second.many) return Obstacle{"too many different arguments were seen"};
      for (const std::uint64_t value : passed->second.values) values.insert(value & policy.mask);
    }
  }
  return values;
}

struct Limit {
  std::uint32_t index = 0;
  std::uint64_t mask = 0;
  Values values;
};

Judged<Limit> limit_of(const Recording& recording, const ArgumentScope& scope, const ArgumentPolicy& policy) {
  if (!policy.suits_runtimes && scope.runtime_calls.contains(std::string(policy.call)))
    return Obstacle{"container runtimes make it too, with arguments of their own"};
  const auto index = register_of(policy, scope.architectures);
  if (const auto* const obstacle = std::get_if<Obstacle>(&index)) return *obstacle;
  auto values = observed_values(recording, policy);
  if (const auto* const obstacle = std::get_if<Obstacle>(&values)) return *obstacle;

  Limit limit{std::get<std::uint32_t>(index), policy.mask, std::get<Values>(std::move(values))};
  const bool runtime_needs_it = scope.runtime_calls.contains(std::string(policy.call));
  if (scope.portable || runtime_needs_it || limit.values.empty())
    limit.values.insert(policy.usual.begin(), policy.usual.end());
  if (limit.values.empty()) return Obstacle{"it was not seen"};
  return limit;
}

// Every combination of one condition for each limit.
std::vector<Conditions> combinations_of(const std::vector<Limit>& limits) {
  std::vector<Conditions> combinations{{}};
  for (const Limit& limit : limits) {
    std::vector<Conditions> longer;
    for (const Conditions& begun : combinations) {
      for (const std::uint64_t value : limit.values) {
        longer.push_back(begun);
        longer.back().push_back({limit.index, Comparison::masked_eq, limit.mask, value});
      }
    }
    combinations = std::move(longer);
  }
  return combinations;
}

Judged<std::vector<Conditions>> judge(const Recording& recording, const ArgumentScope& scope, Policies policies) {
  std::vector<Limit> limits;
  for (const ArgumentPolicy& policy : policies) {
    auto limit = limit_of(recording, scope, policy);
    if (const auto* const obstacle = std::get_if<Obstacle>(&limit)) return *obstacle;
    limits.push_back(std::get<Limit>(std::move(limit)));
  }
  auto combinations = combinations_of(limits);
  if (combinations.size() > kMostRules) return Obstacle{"too many different arguments were seen"};
  return combinations;
}

// The policies of the call that the first of `rest` is about, which are taken off it.
Policies take_call(Policies& rest) {
  const auto other = [&](const ArgumentPolicy& policy) { return policy.call != rest.front().call; };
  const auto length = static_cast<std::size_t>(std::ranges::find_if(rest, other) - rest.begin());
  const Policies taken = rest.first(length);
  rest = rest.subspan(length);
  return taken;
}

// Those that the choice asks for; they come first, since a call's more telling argument stands first.
Policies chosen_of(Policies policies, ArgumentChoice choice) {
  const auto unwanted = [&](const ArgumentPolicy& policy) { return policy.from > choice; };
  return policies.first(static_cast<std::size_t>(std::ranges::find_if(policies, unwanted) - policies.begin()));
}

// Whether every value of the bits that are compared is let in.
bool keeps_nothing_out(Policies policies, const std::vector<Conditions>& limits) {
  const int bits = std::popcount(policies.front().mask);
  return policies.size() == 1 && bits < 6 && limits.size() == std::size_t{1} << bits;
}

}  // namespace

ArgumentRules argument_rules(const Recording& recording, const ArgumentScope& scope, ArgumentChoice choice) {
  ArgumentRules rules;
  for (Policies rest = argument_policies(); !rest.empty();) {
    const Policies policies = chosen_of(take_call(rest), choice);
    if (policies.empty()) continue;
    const std::string call(policies.front().call);
    if (!scope.allowed.contains(call)) continue;
    auto judged = judge(recording, scope, policies);
    if (const auto* const obstacle = std::get_if<Obstacle>(&judged)) {
      rules.whole.emplace(call, obstacle->because);
      continue;
    }
    auto limits = std::get<std::vector<Conditions>>(std::move(judged));
    if (keeps_nothing_out(policies, limits)) {
      rules.whole.emplace(call, "everything that could be kept out was seen");
      continue;
    }
    rules.limits.emplace(call, std::move(limits));
    rules.gains.emplace(call, policies.front().keeps_out);
  }
  if (scope.allowed.contains("clone3"))
    rules.whole.emplace("clone3", "its flags lie in memory, where no filter sees them");
  return rules;
}

}  // namespace snug
