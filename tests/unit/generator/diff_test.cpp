// SPDX-License-Identifier: Apache-2.0
#include "generator/core/diff.hpp"

#include <algorithm>
#include <cerrno>
#include <random>
#include <set>
#include <tuple>

#include "generator/core/telling_arguments.hpp"
#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

constexpr Verdict kAllow{Action::allow};
constexpr Verdict kEperm{Action::fail, EPERM};
constexpr Verdict kEnosys{Action::fail, ENOSYS};

Profile profile_of(std::vector<Rule> rules, std::vector<Arch> archs = {Arch::x86_64}, Verdict otherwise = kEperm) {
  return {otherwise, std::move(archs), std::move(rules)};
}

Rule allowing(std::vector<std::string> names, std::vector<Condition> conditions = {}) {
  return {std::move(names), kAllow, std::move(conditions), ""};
}

Condition domain_is(std::uint64_t value) {
  return {0, Comparison::masked_eq, UINT32_MAX, value};
}

Change change_of(const ProfileDiff& diff, std::string_view name) {
  const auto found = std::ranges::find(diff.calls, name, &CallChange::name);
  REQUIRE(found != diff.calls.end());
  return found->change;
}

struct Random {
  std::mt19937 engine;  // seeded with a constant: the same cases every time

  std::uint32_t operator()() { return static_cast<std::uint32_t>(engine()); }
};

Condition random_condition(Random& random) {
  constexpr std::array kComparisons{Comparison::ne, Comparison::lt, Comparison::le,       Comparison::eq,
                                    Comparison::ge, Comparison::gt, Comparison::masked_eq};
  return {random() % 3, kComparisons.at(random() % kComparisons.size()), random() % 8, random() % 4};
}

Verdict random_verdict(Random& random) {
  constexpr std::array kVerdicts{
      kAllow, kAllow, kEperm, kEnosys, Verdict{Action::log}, Verdict{Action::kill_process}};
  return kVerdicts.at(random() % kVerdicts.size());
}

Profile random_profile(Random& random) {
  constexpr std::array<std::string_view, 8> kNames{"read",  "write",  "socket", "clone",
                                                   "mount", "openat", "ipc",    "socketcall"};
  Profile profile = profile_of({}, {Arch::x86_64}, random_verdict(random));
  if (random() % 2 == 0) profile.architectures.push_back(Arch::i386);
  for (std::uint32_t rule = random() % 6; rule > 0; --rule) {
    Rule made{{std::string(kNames.at(random() % kNames.size()))}, random_verdict(random), {}, ""};
    for (std::uint32_t count = random() % 3; count > 0; --count)
      made.conditions.push_back(random_condition(random));
    profile.rules.push_back(std::move(made));
  }
  return profile;
}

bool is_true(const Witness& witness, const Meaning& before, const Meaning& after) {
  return witness.before == before.decide(witness.call, witness.arguments) &&
         witness.after == after.decide(witness.call, witness.arguments) && witness.before != witness.after;
}

// The calls by name and ABIs, and whether each is allowed more (or, turned, less) than before. A shifted or
// answered one is its own mirror image.
std::multiset<std::tuple<std::string, std::vector<Arch>, int>> directions(const ProfileDiff& diff, bool turned) {
  std::multiset<std::tuple<std::string, std::vector<Arch>, int>> directions;
  for (const CallChange& call : diff.calls) {
    const bool less = call.change == Change::removed || call.change == Change::tightened;
    const bool more = call.change == Change::added || call.change == Change::loosened;
    const int direction = static_cast<int>(more) - static_cast<int>(less);
    directions.emplace(call.name, call.archs, turned ? -direction : direction);
  }
  return directions;
}

}  // namespace

TEST_CASE("order, grouping and comments make no difference") {
  Rule commented = allowing({"write"});
  commented.comment = "standard output";
  const Profile one = profile_of({allowing({"read", "write"}), allowing({"close"})});
  const Profile other = profile_of({allowing({"close"}), commented, allowing({"read"})});

  CHECK(diff(one, other).empty());
}

TEST_CASE("calls that are allowed now are added, and those that no longer are removed") {
  const auto found = diff(profile_of({allowing({"read", "write"})}), profile_of({allowing({"read", "mount"})}));

  REQUIRE(found.calls.size() == 2);
  CHECK(change_of(found, "mount") == Change::added);
  CHECK(change_of(found, "write") == Change::removed);
  CHECK(found.calls[0].archs == std::vector{Arch::x86_64});
  CHECK(found.calls[0].witness.before == kEperm);
  CHECK(found.calls[0].witness.after == kAllow);
}

TEST_CASE("conditions that go, come or change loosen, tighten or shift") {
  const Profile any = profile_of({allowing({"socket"})});
  const Profile one = profile_of({allowing({"socket"}, {domain_is(1)})});
  const Profile two = profile_of({allowing({"socket"}, {domain_is(2)})});

  CHECK(change_of(diff(one, any), "socket") == Change::loosened);
  CHECK(change_of(diff(any, one), "socket") == Change::tightened);
  CHECK(change_of(diff(one, two), "socket") == Change::shifted);
}

TEST_CASE("a rule more is seen among many that ask for two arguments") {
  const auto pair = [](std::uint64_t first, std::uint64_t second) {
    return allowing(
        {"fcntl"}, {{1, Comparison::masked_eq, UINT32_MAX, first}, {2, Comparison::masked_eq, UINT32_MAX, second}});
  };
  Profile few = profile_of({});
  for (std::uint64_t i = 1; i <= 200; ++i) few.rules.push_back(pair(i, i + 1000));
  Profile more = few;
  more.rules.push_back(pair(4242, 777777));
  Profile wider = few;
  wider.rules.back().conditions[1].value = UINT32_MAX - 1;

  CHECK(change_of(diff(few, more), "fcntl") == Change::loosened);
  CHECK(change_of(diff(more, few), "fcntl") == Change::tightened);
  CHECK(change_of(diff(few, wider), "fcntl") == Change::loosened);
}

TEST_CASE("other errnos and actions of denied calls are told") {
  const Profile fails = profile_of({{{"mount"}, kEnosys, {}, ""}});
  const Profile kills = profile_of({{{"mount"}, {Action::kill_process}, {}, ""}});

  CHECK(change_of(diff(fails, kills), "mount") == Change::answered);
}

TEST_CASE("logging an allowed call neither adds nor removes it") {
  const Profile logs = profile_of({{{"read"}, {Action::log}, {}, ""}});

  CHECK(change_of(diff(profile_of({allowing({"read"})}), logs), "read") == Change::answered);
}

TEST_CASE("another default errno is told once and not for every call") {
  const auto found =
      diff(profile_of({allowing({"read"})}), profile_of({allowing({"read"})}, {Arch::x86_64}, kEnosys));

  CHECK(found.calls.empty());
  REQUIRE(found.unnamed);
  CHECK(found.unnamed->before == kEperm);
  CHECK(found.unnamed->after == kEnosys);
}

TEST_CASE("a default that allows adds every call that no rule denies") {
  const auto found = diff(profile_of({allowing({"read"})}), profile_of({}, {Arch::x86_64}, kAllow));

  CHECK(change_of(found, "mount") == Change::added);
  CHECK(found.calls.size() == syscalls_of(Arch::x86_64).size() - 1);
}

TEST_CASE("an ABI that is covered now is one difference") {
  const Profile one = profile_of({allowing({"read", "write"})});
  const Profile two = profile_of({allowing({"read", "write"})}, {Arch::x86_64, Arch::i386});
  const auto found = diff(one, two);

  CHECK(found.calls.empty());
  REQUIRE(found.archs.size() == 1);
  CHECK(found.archs[0].arch == Arch::i386);
  CHECK(found.archs[0].is_added);
  CHECK(found.archs[0].allowed == 2);
  CHECK(found.archs[0].witness.after == kAllow);
  CHECK_FALSE(diff(two, one).archs[0].is_added);
}

TEST_CASE("an ABI all of whose calls are killed anyway makes no difference") {
  const Profile one = profile_of({}, {Arch::x86_64}, {Action::kill_thread});
  const Profile two = profile_of({}, {Arch::x86_64, Arch::i386}, {Action::kill_thread});

  CHECK(diff(one, two).empty());
}

TEST_CASE("a call's share of a multiplexer is compared too") {
  const std::vector<Arch> archs{Arch::x86_64, Arch::i386};
  const auto found =
      diff(profile_of({allowing({"read"})}, archs), profile_of({allowing({"read", "socket"})}, archs));

  CHECK(change_of(found, "socketcall") == Change::added);
}

TEST_CASE("no profile differs from itself, and every difference is mirrored and has a witness") {
  Random random{std::mt19937(7)};
  int different = 0;
  for (int round = 0; round < 100; ++round) {
    const Profile one = random_profile(random);
    const Profile two = random_profile(random);
    CHECK(diff(one, one).empty());

    const ProfileDiff found = diff(one, two);
    const ProfileDiff mirrored = diff(two, one);
    const Meaning before(one);
    const Meaning after(two);
    different += found.empty() ? 0 : 1;
    const auto holds = [&](const auto& change) { return is_true(change.witness, before, after); };
    CHECK(std::ranges::all_of(found.calls, holds));
    CHECK(std::ranges::all_of(found.archs, holds));
    CHECK((!found.unnamed || is_true(*found.unnamed, before, after)));

    CHECK(directions(found, false) == directions(mirrored, true));
    CHECK(found.archs.size() == mirrored.archs.size());
  }
  CHECK(different > 80);
}

TEST_CASE("what is reported equal decides equally on every call") {
  Random random{std::mt19937(11)};
  std::uint64_t decisions = 0;
  for (int round = 0; round < 60; ++round) {
    const Profile one = random_profile(random);
    Profile two = random_profile(random);
    if (round % 2 == 0) {
      two = one;
      std::ranges::reverse(two.architectures);
    }
    const ProfileDiff found = diff(one, two);
    const Meaning before(one);
    const Meaning after(two);
    for (const Arch arch : {Arch::x86_64, Arch::i386, Arch::aarch64}) {
      if (std::ranges::find(found.archs, arch, &ArchChange::arch) != found.archs.end()) continue;
      for (const SyscallEntry& entry : syscalls_of(arch)) {
        const bool is_reported = std::ranges::any_of(found.calls, [&](const CallChange& call) {
          return call.name == entry.name && std::ranges::find(call.archs, arch) != call.archs.end();
        });
        if (is_reported) continue;
        for (int attempt = 0; attempt < 12; ++attempt) {
          const Arguments arguments{random() % 10, random() % 10, random() % 10, 0, 0, 0};
          const CallId call{arch, entry.number};
          const Verdict was = before.decide(call, arguments);
          const Verdict is = after.decide(call, arguments);
          const bool follows = found.unnamed && was == found.unnamed->before && is == found.unnamed->after;
          if (was != is && !follows) FAIL_CHECK(entry.name << " of " << name_of(arch));
          ++decisions;
        }
      }
    }
  }
  CHECK(decisions > 300'000);
}

TEST_CASE("changes have names, and those that allow more are told") {
  CHECK(name_of(Change::added) == "added");
  CHECK(name_of(Change::loosened) == "loosened");
  CHECK(name_of(Change::shifted) == "shifted");
  CHECK(name_of(Change::tightened) == "tightened");
  CHECK(name_of(Change::removed) == "removed");
  CHECK(name_of(Change::answered) == "answered");
  CHECK(allows_more(Change::shifted));
  CHECK_FALSE(allows_more(Change::tightened));
}
