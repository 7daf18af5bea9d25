// SPDX-License-Identifier: Apache-2.0
#include "generator/core/amendment.hpp"

#include <algorithm>
#include <cerrno>
#include <random>

#include "generator/core/diff.hpp"
#include "generator/formats/proof.hpp"
#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

constexpr Verdict kAllow{Action::allow};
constexpr Verdict kEperm{Action::fail, EPERM};
constexpr Verdict kEnosys{Action::fail, ENOSYS};

Profile profile_of(std::vector<Rule> rules, Verdict otherwise = kEperm) {
  return {otherwise, {Arch::x86_64}, std::move(rules)};
}

CallId call(std::string_view name, Arch arch = Arch::x86_64) {
  return {arch, syscall_number(arch, name).value()};
}

Profile amended_by(const Profile& profile, const std::vector<Need>& needs) {
  const auto result = amended(profile, needs);
  REQUIRE(result);
  const auto proved = prove(*result);
  REQUIRE(proved);
  CHECK(proved->holds());
  return *result;
}

Condition domain_is(std::uint64_t value) {
  return {0, Comparison::masked_eq, UINT32_MAX, value};
}

}  // namespace

TEST_CASE("a call that no rule names joins the longest list of allowed ones") {
  const Profile profile = profile_of({{{"exit"}, kAllow, {}, ""}, {{"close", "write"}, kAllow, {}, "many"}});

  const Profile more = amended_by(profile, {{call("read")}});

  CHECK(more.rules ==
        std::vector<Rule>{{{"exit"}, kAllow, {}, ""}, {{"close", "read", "write"}, kAllow, {}, "many"}});
}

TEST_CASE("a profile that allows nothing gets a rule of its own") {
  CHECK(amended_by(profile_of({}), {{call("read")}}).rules == std::vector<Rule>{{{"read"}, kAllow, {}, ""}});
}

TEST_CASE("what is allowed already changes nothing") {
  const Profile profile = profile_of({{{"read"}, kAllow, {}, ""}});

  CHECK(amended_by(profile, {{call("read")}}) == profile);
}

TEST_CASE("a value more is let through in the form of those that are") {
  const Profile profile = profile_of({{{"socket"}, kAllow, {domain_is(1), {1, Comparison::eq, 5}}, ""}});

  const Profile more = amended_by(profile, {{call("socket"), {2, 5, 0, 0, 0, 0}}, {call("socket"), {1, 7}}});

  REQUIRE(more.rules.size() == 3);
  CHECK(more.rules[1].conditions == std::vector<Condition>{domain_is(2), {1, Comparison::eq, 5}});
  CHECK(more.rules[2].conditions == std::vector<Condition>{domain_is(1), {1, Comparison::eq, 7}});
  CHECK(decide(more, call("socket"), {2, 7}) == kEperm);
}

TEST_CASE("where values are too many, arguments no longer count") {
  const Profile profile =
      profile_of({{{"socket"}, kAllow, {domain_is(1)}, ""}, {{"socket"}, kAllow, {domain_is(2)}, ""}});

  const Profile more = amended_by(profile, {{call("socket"), {}, true}});

  CHECK(more.rules == std::vector<Rule>{{{"socket"}, kAllow, {}, ""}});
}

TEST_CASE("a denied call leaves the rule that denies it") {
  const Profile profile = profile_of({{{"clone3", "statx"}, kEnosys, {}, ""}, {{"read"}, kAllow, {}, ""}});

  const Profile more = amended_by(profile, {{call("clone3")}});

  CHECK(more.rules == std::vector<Rule>{{{"statx"}, kEnosys, {}, ""}, {{"clone3", "read"}, kAllow, {}, ""}});
}

TEST_CASE("where everything else is allowed, leaving the rule is all") {
  const Profile profile = profile_of({{{"mount"}, kEperm, {}, ""}}, kAllow);

  CHECK(amended_by(profile, {{call("mount")}}).rules.empty());
}

TEST_CASE("a call of an ABI that is not listed adds that ABI") {
  const Profile more = amended_by(profile_of({{{"read"}, kAllow, {}, ""}}), {{call("read", Arch::i386)}});

  CHECK(more.architectures == std::vector{Arch::x86_64, Arch::i386});
}

TEST_CASE("a share of a multiplexer is allowed by its name") {
  Profile profile = profile_of({{{"read"}, kAllow, {}, ""}});
  profile.architectures.push_back(Arch::i386);

  const Profile more = amended_by(profile, {{call("socketcall", Arch::i386), {1}}});

  CHECK(more.rules == std::vector<Rule>{{{"read", "socket"}, kAllow, {}, ""}});
  CHECK(decide(more, call("socketcall", Arch::i386), {2}) == kEperm);
}

TEST_CASE("a call without a name cannot be allowed") {
  const auto result = amended(profile_of({}), {{{Arch::x86_64, 9999}}});

  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::unsupported);
  CHECK(result.error().what.find("number 9999 of x86_64") != std::string::npos);
}

TEST_CASE("the registers that rules look at tell calls apart") {
  const Profile profile = profile_of({{{"socket"}, kAllow, {domain_is(1), {2, Comparison::eq, 5}}, ""}});

  CHECK(telling_registers(profile, call("socket")) == 0b101);
  CHECK(telling_registers(profile, call("read")) == 0);
  CHECK(telling_registers(profile, call("socketcall", Arch::i386)) == 0b101);
}

TEST_CASE("an amended profile allows what is needed and denies nothing that it allowed") {
  std::mt19937 engine(3);
  const auto random = [&](std::uint32_t below) { return static_cast<std::uint32_t>(engine()) % below; };
  const std::vector<std::string> names{"read", "socket", "clone", "mount", "socketcall", "ipc"};
  const std::vector<Verdict> verdicts{kAllow, kAllow, kEperm, kEnosys, {Action::kill_process}};
  int amendments = 0;
  for (int round = 0; round < 300; ++round) {
    Profile profile = profile_of({}, verdicts[1 + random(4)]);
    if (random(2) == 0) profile.architectures.push_back(Arch::i386);
    for (std::uint32_t rules = random(6); rules > 0; --rules) {
      Rule rule{{names[random(6)]}, verdicts[random(5)], {}, ""};
      for (std::uint32_t count = random(3); count > 0; --count)
        rule.conditions.push_back(
            {random(3), random(2) == 0 ? Comparison::eq : Comparison::masked_eq, random(8), random(4)});
      profile.rules.push_back(rule);
    }
    std::vector<Need> needs;
    for (std::uint32_t count = 1 + random(3); count > 0; --count) {
      const Arch arch = random(3) == 0 ? Arch::i386 : Arch::x86_64;
      const auto number = syscall_number(arch, names[random(6)]);
      if (number) needs.push_back({{arch, *number}, {random(8), random(8), random(8)}, random(8) == 0});
    }
    const auto result = amended(profile, needs);
    if (!result) continue;
    ++amendments;
    for (const Need& need : needs) CHECK(decide(*result, need.call, need.arguments) == kAllow);
    for (const CallChange& change : diff(profile, *result).calls) {
      INFO(change.name << " " << name_of(change.change));
      CHECK((change.change == Change::added || change.change == Change::loosened ||
             change.change == Change::answered));
    }
  }
  CHECK(amendments > 250);
}
