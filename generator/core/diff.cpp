// SPDX-License-Identifier: Apache-2.0
#include "generator/core/diff.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "generator/core/telling_arguments.hpp"
#include "snug/subcalls.hpp"
#include "snug/syscalls.hpp"

namespace snug {
namespace {

constexpr std::uint32_t kSubcalls = 32;
constexpr std::uint32_t kUnnamed = 0x3fffffff;  // a number that no table has
constexpr Arguments kAnyArguments{1, 2, 3, 4, 5, 6};

bool allows(Verdict verdict) {
  return verdict.action == Action::allow || verdict.action == Action::log;
}

// What two profiles were seen to do with one call.
struct Seen {
  bool allowed_before = false;
  bool allowed_after = false;
  std::optional<Witness> gained;
  std::optional<Witness> lost;
  std::optional<Witness> answered;

  void add(const Witness& tried) {
    const bool before = allows(tried.before);
    const bool after = allows(tried.after);
    allowed_before = allowed_before || before;
    allowed_after = allowed_after || after;
    if (tried.before == tried.after) return;
    auto& kind = before == after ? answered : after ? gained : lost;
    if (!kind) kind = tried;
  }

  std::optional<std::pair<Change, Witness>> change() const {
    if (gained && lost) return {{Change::shifted, *gained}};
    if (gained) return {{allowed_before ? Change::loosened : Change::added, *gained}};
    if (lost) return {{allowed_after ? Change::tightened : Change::removed, *lost}};
    if (answered) return {{Change::answered, *answered}};
    return std::nullopt;
  }
};

using Rules = std::vector<const Rule*>;

bool says_the_same(const Rule& one, const Rule& other) {
  return one.verdict == other.verdict && one.conditions == other.conditions;
}

bool is_in(const Rules& rules, const Rule* rule) {
  return std::ranges::any_of(rules, [&](const Rule* other) { return says_the_same(*rule, *other); });
}

// All rules of both, those of one of them first: as many arguments as may be tried have to show these.
Rules telling_rules(const Rules& before, const Rules& after) {
  Rules rules;
  Rules shared;
  for (const Rule* rule : before) (is_in(after, rule) ? shared : rules).push_back(rule);
  std::ranges::remove_copy_if(after, std::back_inserter(rules),
                              [&](const Rule* rule) { return is_in(before, rule); });
  rules.insert(rules.end(), shared.begin(), shared.end());
  return rules;
}

// The arguments at which either profile may decide otherwise about the call.
std::vector<Arguments> arguments_to_try(CallId call, const Meaning& before, const Meaning& after) {
  const Rules rules = telling_rules(before.conditional_rules(call), after.conditional_rules(call));
  std::vector<Arguments> tried{kAnyArguments};
  if (!rules.empty()) tried = telling_arguments(rules);

  const auto name = syscall_name(call.first, call.second);
  if (!name || subcall_name(*name, 1).empty()) return tried;
  // Argument 0 of a multiplexer tells which call it is.
  const std::size_t each = std::min(tried.size(), kMostTellingArguments / kSubcalls);
  std::vector<Arguments> shares = tried;
  for (std::uint32_t number = 0; number < kSubcalls; ++number) {
    for (std::size_t i = 0; i < each; ++i) {
      shares.push_back(tried[i * tried.size() / each]);
      shares.back()[0] = number;
    }
  }
  return shares;
}

class Comparing {
 public:
  Comparing(const Profile& before, const Profile& after)
      : profiles_(before, after), before_(before), after_(after) {}

  ProfileDiff run() {
    for (const Arch arch : kKnownArchs) {
      if (covers(profiles_.first, arch) && covers(profiles_.second, arch)) {
        compare_calls(arch);
      } else {
        compare_arch(arch);
      }
    }
    const Witness unnamed = witness({native_arch(), kUnnamed}, kAnyArguments);
    if (unnamed.before != unnamed.after) diff_.unnamed = unnamed;
    for (auto& [key, change] : changes_) diff_.calls.push_back(std::move(change));
    return std::move(diff_);
  }

 private:
  static bool covers(const Profile& profile, Arch arch) {
    return arch == native_arch() || std::ranges::find(profile.architectures, arch) != profile.architectures.end();
  }

  Witness witness(CallId call, const Arguments& arguments) const {
    return {call, arguments, before_.decide(call, arguments), after_.decide(call, arguments)};
  }

  std::vector<Witness> tries(CallId call) const {
    std::vector<Witness> tried;
    for (const Arguments& arguments : arguments_to_try(call, before_, after_))
      tried.push_back(witness(call, arguments));
    return tried;
  }

  // What fails by default, and by default otherwise than before, is no news of this call.
  bool follows_default(const Witness& tried) const {
    return !allows(tried.before) && !allows(tried.after) && tried.before == profiles_.first.default_verdict &&
           tried.after == profiles_.second.default_verdict;
  }

  void compare_calls(Arch arch) {
    for (const SyscallEntry& entry : syscalls_of(arch)) {
      Seen seen;
      for (const Witness& tried : tries({arch, entry.number}))
        if (!follows_default(tried)) seen.add(tried);
      const auto change = seen.change();
      if (!change) continue;
      const auto [place, is_new] =
          changes_.try_emplace({std::string(entry.name), change->first},
                               CallChange{std::string(entry.name), change->first, {}, change->second});
      if (place->second.archs.empty() || place->second.archs.back() != arch) place->second.archs.push_back(arch);
    }
  }

  void compare_arch(Arch arch) {
    ArchChange change{.arch = arch, .is_added = covers(profiles_.second, arch), .allowed = 0, .witness = {}};
    std::optional<Witness> any;
    for (const SyscallEntry& entry : syscalls_of(arch)) {
      Seen seen;
      for (const Witness& tried : tries({arch, entry.number})) seen.add(tried);
      if (seen.allowed_before || seen.allowed_after) ++change.allowed;
      const auto found = seen.change();
      if (found && (!any || allows_more(found->first))) any = found->second;
    }
    if (!any) return;
    change.witness = *any;
    diff_.archs.push_back(change);
  }

  std::pair<const Profile&, const Profile&> profiles_;
  Meaning before_;
  Meaning after_;
  std::map<std::pair<std::string, Change>, CallChange> changes_;
  ProfileDiff diff_;
};

}  // namespace

std::string_view name_of(Change change) {
  switch (change) {
    case Change::added:
      return "added";
    case Change::loosened:
      return "loosened";
    case Change::shifted:
      return "shifted";
    case Change::tightened:
      return "tightened";
    case Change::removed:
      return "removed";
    case Change::answered:
      break;
  }
  return "answered";
}

bool allows_more(Change change) {
  return change == Change::added || change == Change::loosened || change == Change::shifted;
}

ProfileDiff diff(const Profile& before, const Profile& after) {
  return Comparing(before, after).run();
}

}  // namespace snug
