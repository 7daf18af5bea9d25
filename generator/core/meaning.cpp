// SPDX-License-Identifier: Apache-2.0
#include "generator/core/meaning.hpp"

#include <algorithm>
#include <span>

#include "snug/subcalls.hpp"
#include "snug/syscalls.hpp"

namespace snug {

namespace {

constexpr Verdict kOtherAbi{Action::kill_thread, 0};
constexpr std::uint32_t kLargestSubcall = 31;

// What of a rule's conditions applies: all of it to a call itself, less to its share of a multiplexer.
enum class Through : std::uint8_t { call, multiplexer };

std::uint64_t width_of(Arch arch) {
  return has_32_bit_arguments(arch) ? UINT32_MAX : UINT64_MAX;
}

bool compares(const Condition& condition, std::uint64_t argument, std::uint64_t width) {
  const std::uint64_t value = condition.value & width;
  argument &= width;
  switch (condition.comparison) {
    case Comparison::ne:
      return argument != value;
    case Comparison::lt:
      return argument < value;
    case Comparison::le:
      return argument <= value;
    case Comparison::eq:
      return argument == value;
    case Comparison::ge:
      return argument >= value;
    case Comparison::gt:
      return argument > value;
    case Comparison::masked_eq:
      return (argument & value) == (condition.value_two & width);
  }
  return false;
}

bool names_an_argument_twice(std::span<const Condition> conditions) {
  for (std::size_t i = 0; i < conditions.size(); ++i)
    for (std::size_t other = 0; other < i; ++other)
      if (conditions[i].index == conditions[other].index) return true;
  return false;
}

// A rule as it applies to calls of one ABI.
class Applied {
 public:
  Applied(const Rule& rule, Arch arch, Through through) : rule_(rule), width_(width_of(arch)), through_(through) {}

  // Where one condition is enough, one that is void makes the rule hold always.
  bool is_conditional() const {
    const auto counting = [this](const Condition& condition) { return counts(condition); };
    const auto& conditions = rule_.conditions;
    if (names_an_argument_twice(conditions)) return std::all_of(conditions.begin(), conditions.end(), counting);
    return std::any_of(conditions.begin(), conditions.end(), counting);
  }

  bool holds(const Arguments& arguments) const {
    const auto met = [&](const Condition& condition) {
      return !counts(condition) || compares(condition, arguments[condition.index], width_);
    };
    const auto& conditions = rule_.conditions;
    if (names_an_argument_twice(conditions)) return std::any_of(conditions.begin(), conditions.end(), met);
    return std::all_of(conditions.begin(), conditions.end(), met);
  }

 private:
  bool counts(const Condition& condition) const { return through_ == Through::call || condition.index != 0; }

  const Rule& rule_;
  const std::uint64_t width_;
  const Through through_;
};

// What the rules say, if any says something.
std::optional<Verdict> verdict_of(std::span<const Rule* const> rules, Arch arch, Through through,
                                  const Arguments& arguments) {
  std::optional<Verdict> conditional;
  for (const Rule* rule : rules) {
    const Applied applied(*rule, arch, through);
    if (!applied.is_conditional()) return rule->verdict;
    if (!conditional && applied.holds(arguments)) conditional = rule->verdict;
  }
  return conditional;
}

}  // namespace

bool holds(const Condition& condition, const Arguments& arguments, Arch arch) {
  return compares(condition, arguments[condition.index], width_of(arch));
}

CallId identity_of(const seccomp_data& call) {
  const auto raw = static_cast<std::uint32_t>(call.nr);
  Arch arch = arch_of_call(call.arch, raw);
  if (arch == Arch::x86_64 && raw >= kX32SyscallBit && raw != UINT32_MAX) arch = Arch::x32;
  return {arch, arch == Arch::x32 ? raw & ~kX32SyscallBit : raw};
}

seccomp_data call_of(CallId id, const Arguments& arguments) {
  const auto [arch, number] = id;
  seccomp_data call{};
  call.nr = static_cast<int>(arch == Arch::x32 ? number | kX32SyscallBit : number);
  call.arch = audit_arch_of(arch);
  std::copy(arguments.begin(), arguments.end(), std::begin(call.args));
  return call;
}

bool has_32_bit_arguments(Arch arch) {
  return arch == Arch::i386 || arch == Arch::x32 || arch == Arch::arm;
}

Meaning::Meaning(const Profile& profile, std::set<CallId> unknown)
    : profile_(profile), unknown_(std::move(unknown)) {
  for (const Rule& rule : profile.rules) {
    if (rule.verdict == profile.default_verdict) continue;
    for (const std::string& name : rule.names) rules_[name].push_back(&rule);
  }
}

Verdict Meaning::decide(CallId id, const Arguments& arguments) const {
  const auto [arch, number] = id;
  if (!covers(arch)) return kOtherAbi;
  const auto name = syscall_name(arch, number);
  if (!name || unknown_.contains(id)) return profile_.default_verdict;

  if (const auto verdict = verdict_of(rules_for(*name), arch, Through::call, arguments)) return *verdict;
  const std::string_view share = subcall_name(*name, arguments[0] & width_of(arch));
  const auto verdict = verdict_of(rules_for(share), arch, Through::multiplexer, arguments);
  return verdict.value_or(profile_.default_verdict);
}

Verdict Meaning::decide(const seccomp_data& call) const {
  Arguments arguments;
  std::copy(std::begin(call.args), std::end(call.args), arguments.begin());
  return decide(identity_of(call), arguments);
}

std::vector<const Rule*> Meaning::conditional_rules(CallId id) const {
  const auto name = syscall_name(id.first, id.second);
  if (!name) return {};
  Rules found = rules_for(*name);
  for (std::uint32_t number = 0; number <= kLargestSubcall; ++number) {
    const Rules& share = rules_for(subcall_name(*name, number));
    found.insert(found.end(), share.begin(), share.end());
  }
  std::erase_if(found, [](const Rule* rule) { return rule->conditions.empty(); });
  return found;
}

const Meaning::Rules& Meaning::rules_for(std::string_view name) const {
  static const Rules none;
  const auto found = rules_.find(name);
  return found == rules_.end() ? none : found->second;
}

bool Meaning::covers(Arch arch) const {
  const auto& archs = profile_.architectures;
  return arch == native_arch() || std::find(archs.begin(), archs.end(), arch) != archs.end();
}

Verdict decide(const Profile& profile, CallId id, const Arguments& arguments) {
  return Meaning(profile).decide(id, arguments);
}

}  // namespace snug
