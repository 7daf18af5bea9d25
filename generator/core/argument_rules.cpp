// SPDX-License-Identifier: Apache-2.0
#include "generator/core/argument_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "generator/core/argument_policies.hpp"
#include "generator/core/portability.hpp"
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

// Whether what was passed to `other` tells what may be passed to `call`: on another machine the same library would
// make the latter. V8 protects its code with pkey_mprotect where the processor has protection keys.
bool stands_for(std::string_view other, std::string_view call) {
  return siblings_of(call).contains(other) || (call == "mprotect" && other == "pkey_mprotect");
}

std::optional<Obstacle> add_values(Values& values, const ArgumentPolicy& policy, const Observation& observation) {
  const auto passed = observation.arguments.find(std::string(policy.argument));
  if (passed == observation.arguments.end()) return Obstacle{"its arguments were not recorded"};
  if (passed->second.many) return Obstacle{"too many different arguments were seen"};
  for (const std::uint64_t value : passed->second.values) values.insert(value & policy.mask);
  return std::nullopt;
}

// What was passed in all runs, by all executables, on all ABIs.
Judged<Values> observed_values(const Recording& recording, const ArgumentPolicy& policy, bool with_siblings) {
  Values values;
  for (const auto& [key, observations] : recording.syscalls) {
    const auto name = syscall_name(key.arch, key.number);
    if (!name) continue;
    const bool is_itself = *name == policy.call;
    if (!is_itself && !(with_siblings && stands_for(*name, policy.call))) continue;
    if (find_argument(key.arch, key.number, policy.argument) == nullptr) continue;
    for (const auto& [where, observation] : observations) {
      const auto obstacle = add_values(values, policy, observation);
      if (obstacle && is_itself) return *obstacle;
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
  auto values = observed_values(recording, policy, scope.portable);
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

// A call's arguments as they are let in.
struct Judgement {
  std::vector<Conditions> limits;
  std::string_view keeps_out;
};

std::string_view kept_out(const ArgumentPolicy& policy, const Values& values) {
  const auto is_usual = [&](std::uint64_t value) {
    return std::ranges::find(policy.usual, value) != policy.usual.end();
  };
  return std::ranges::all_of(values, is_usual) ? policy.keeps_out : policy.keeps_others_out;
}

Judged<Judgement> judge(const Recording& recording, const ArgumentScope& scope, Policies policies) {
  std::vector<Limit> limits;
  for (const ArgumentPolicy& policy : policies) {
    auto limit = limit_of(recording, scope, policy);
    if (const auto* const obstacle = std::get_if<Obstacle>(&limit)) return *obstacle;
    limits.push_back(std::get<Limit>(std::move(limit)));
  }
  const ArgumentPolicy& first = policies.front();
  if (first.whole && limits.front().values.contains(*first.whole))
    return Obstacle{"everything that could be kept out was seen"};
  auto combinations = combinations_of(limits);
  if (combinations.size() > kMostRules) return Obstacle{"too many different arguments were seen"};
  return Judgement{std::move(combinations), kept_out(first, limits.front().values)};
}

// By as many arguments as possible, so that a stricter choice never lets more in.
Judged<Judgement> judge_as_far_as_possible(const Recording& recording, const ArgumentScope& scope,
                                           Policies policies) {
  auto judged = judge(recording, scope, policies);
  while (std::holds_alternative<Obstacle>(judged) && policies.size() > 1) {
    policies = policies.first(policies.size() - 1);
    judged = judge(recording, scope, policies);
  }
  return judged;
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

}  // namespace

ArgumentRules argument_rules(const Recording& recording, const ArgumentScope& scope, ArgumentChoice choice) {
  ArgumentRules rules;
  for (Policies rest = argument_policies(); !rest.empty();) {
    const Policies policies = chosen_of(take_call(rest), choice);
    if (policies.empty()) continue;
    const std::string call(policies.front().call);
    if (!scope.allowed.contains(call)) continue;
    auto judged = judge_as_far_as_possible(recording, scope, policies);
    if (const auto* const obstacle = std::get_if<Obstacle>(&judged)) {
      rules.whole.emplace(call, obstacle->because);
      continue;
    }
    auto& judgement = std::get<Judgement>(judged);
    rules.limits.emplace(call, std::move(judgement.limits));
    rules.gains.emplace(call, judgement.keeps_out);
  }
  if (choice != ArgumentChoice::none && scope.allowed.contains("clone3"))
    rules.whole.emplace("clone3", "its flags lie in memory, where no filter sees them");
  return rules;
}

}  // namespace snug
