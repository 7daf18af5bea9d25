// SPDX-License-Identifier: Apache-2.0
#include "generator/core/meaning.hpp"

#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

constexpr Verdict kAllow{Action::allow, 0};
constexpr Verdict kDenied{Action::fail, 1};
constexpr Verdict kTrap{Action::trap, 0};
constexpr Verdict kKilled{Action::kill_thread, 0};
const std::vector<Arch> kX86{Arch::x86_64, Arch::i386, Arch::x32};

// An ABI that no profile here lists and that no machine running the tests has for its own.
const Arch kOther = native_arch() == Arch::ppc64le ? Arch::riscv64 : Arch::ppc64le;

Rule rule(std::string name, Verdict verdict, std::vector<Condition> conditions = {}) {
  return {{std::move(name)}, verdict, std::move(conditions), ""};
}

Verdict decided(const Profile& profile, Arch arch, std::string_view name, Arguments arguments = {}) {
  const auto number = syscall_number(arch, name);
  REQUIRE(number);
  return decide(profile, {arch, *number}, arguments);
}

// What becomes of kill(argument) where only that `condition` allows it.
Verdict killing(Condition condition, std::uint64_t argument, Arch arch = Arch::x86_64) {
  return decided({kDenied, kX86, {rule("kill", kAllow, {condition})}}, arch, "kill", {argument});
}

}  // namespace

TEST_CASE("a call that no rule names meets the default verdict") {
  const Profile profile{{Action::kill_process, 0}, kX86, {rule("read", kAllow)}};

  CHECK(decided(profile, Arch::x86_64, "read") == kAllow);
  CHECK(decided(profile, Arch::i386, "read") == kAllow);
  CHECK(decided(profile, Arch::x86_64, "write") == Verdict{Action::kill_process, 0});
  CHECK(decide(profile, {Arch::x86_64, 5000}, {}) == Verdict{Action::kill_process, 0});
}

TEST_CASE("a call of an ABI that is neither listed nor the host's own kills the thread") {
  const Profile profile{kAllow, {Arch::aarch64}, {}};

  CHECK(decided(profile, kOther, "read") == kKilled);
  CHECK(decided(profile, Arch::aarch64, "read") == kAllow);
  CHECK(decided(profile, native_arch(), "read") == kAllow);
  CHECK(decide(profile, {Arch::unknown, 0}, {}) == kKilled);
}

TEST_CASE("an unconditional rule wins over those with conditions wherever it stands") {
  const Profile profile{kDenied, kX86, {rule("kill", kTrap, {{0, Comparison::eq, 7, 0}}), rule("kill", kAllow)}};

  CHECK(decided(profile, Arch::x86_64, "kill", {7}) == kAllow);
}

TEST_CASE("of two unconditional rules the first wins") {
  const Profile profile{kDenied, kX86, {rule("kill", kTrap), rule("kill", kAllow)}};

  CHECK(decided(profile, Arch::x86_64, "kill") == kTrap);
}

TEST_CASE("a rule that repeats the default verdict says nothing, and one with another errno does") {
  CHECK(decided({kDenied, kX86, {rule("kill", kDenied), rule("kill", kAllow)}}, Arch::x86_64, "kill") == kAllow);
  CHECK(decided({kDenied, kX86, {rule("kill", {Action::fail, 38})}}, Arch::x86_64, "kill") ==
        Verdict{Action::fail, 38});
}

TEST_CASE("all conditions of a rule must hold, and one of several rules is enough") {
  const Profile profile{kDenied,
                        kX86,
                        {rule("kill", kAllow, {{0, Comparison::eq, 7, 0}, {1, Comparison::eq, 9, 0}}),
                         rule("kill", kAllow, {{0, Comparison::eq, 8, 0}})}};

  CHECK(decided(profile, Arch::x86_64, "kill", {7, 9}) == kAllow);
  CHECK(decided(profile, Arch::x86_64, "kill", {7, 8}) == kDenied);
  CHECK(decided(profile, Arch::x86_64, "kill", {8, 8}) == kAllow);
}

TEST_CASE("where conditions of several rules hold the first rule wins") {
  const Profile profile{kDenied,
                        kX86,
                        {rule("kill", kTrap, {{0, Comparison::masked_eq, 0xf0, 0}}),
                         rule("kill", kAllow, {{0, Comparison::masked_eq, 0x0f, 0}})}};

  CHECK(decided(profile, Arch::x86_64, "kill", {0}) == kTrap);
  CHECK(decided(profile, Arch::x86_64, "kill", {0x10}) == kAllow);
}

TEST_CASE("a rule that names an argument twice asks for one condition only") {
  const Profile profile{
      kDenied,
      kX86,
      {rule("kill", kAllow, {{0, Comparison::eq, 7, 0}, {0, Comparison::eq, 8, 0}, {1, Comparison::eq, 9, 0}})}};

  CHECK(decided(profile, Arch::x86_64, "kill", {8, 0}) == kAllow);
  CHECK(decided(profile, Arch::x86_64, "kill", {0, 9}) == kAllow);
  CHECK(decided(profile, Arch::x86_64, "kill", {0, 0}) == kDenied);
}

TEST_CASE("the meaning of a comparison is its name's") {
  const auto values_passed = [](Comparison comparison) {
    std::vector<std::uint64_t> passed;
    for (const std::uint64_t value : {6U, 7U, 8U, 15U})
      if (killing({0, comparison, 7, 6}, value) == kAllow) passed.push_back(value);
    return passed;
  };

  CHECK(values_passed(Comparison::ne) == std::vector<std::uint64_t>{6, 8, 15});
  CHECK(values_passed(Comparison::lt) == std::vector<std::uint64_t>{6});
  CHECK(values_passed(Comparison::le) == std::vector<std::uint64_t>{6, 7});
  CHECK(values_passed(Comparison::eq) == std::vector<std::uint64_t>{7});
  CHECK(values_passed(Comparison::ge) == std::vector<std::uint64_t>{7, 8, 15});
  CHECK(values_passed(Comparison::gt) == std::vector<std::uint64_t>{8, 15});
  CHECK(values_passed(Comparison::masked_eq) == std::vector<std::uint64_t>{6});
}

TEST_CASE("a comparison sees the whole register, and its lower half where arguments have no more") {
  const Condition seven{0, Comparison::eq, 7, 0};

  CHECK(killing(seven, 0x100000007) == kDenied);
  CHECK(killing(seven, 0x100000007, Arch::i386) == kAllow);
  CHECK(killing(seven, 0x100000007, Arch::x32) == kAllow);
  CHECK(killing({0, Comparison::masked_eq, UINT32_MAX, 7}, 0x100000007) == kAllow);
}

TEST_CASE("a rule for a socket call holds for its share of the multiplexer, whatever it asks of argument 0") {
  const Profile profile{
      kDenied,
      {Arch::i386},
      {rule("socket", kAllow, {{0, Comparison::eq, 2, 0}}), rule("listen", kAllow, {{1, Comparison::eq, 5, 0}})}};

  CHECK(decided(profile, Arch::i386, "socket", {2}) == kAllow);
  CHECK(decided(profile, Arch::i386, "socket", {16}) == kDenied);
  CHECK(decided(profile, Arch::i386, "socketcall", {1}) == kAllow);
  CHECK(decided(profile, Arch::i386, "socketcall", {4, 5}) == kAllow);
  CHECK(decided(profile, Arch::i386, "socketcall", {4, 6}) == kDenied);
  CHECK(decided(profile, Arch::i386, "socketcall", {2}) == kDenied);
}

TEST_CASE("a rule for the multiplexer wins over those for its shares") {
  const Profile profile{kDenied, {Arch::i386}, {rule("semget", kTrap), rule("ipc", kAllow)}};

  CHECK(decided(profile, Arch::i386, "ipc", {2}) == kAllow);
  CHECK(decided(profile, Arch::i386, "semget") == kTrap);
}

TEST_CASE("rules for a call that the filter's builder does not know do nothing") {
  const Profile profile{kDenied, kX86, {rule("read", kAllow)}};
  const Meaning meaning(profile, {{Arch::x86_64, 0}});

  CHECK(meaning.decide({Arch::x86_64, 0}, {}) == kDenied);
  CHECK(meaning.decide({Arch::i386, 3}, {}) == kAllow);
}

TEST_CASE("the number -1 meets the default verdict and other numbers with x32's bit are x32's") {
  const Profile profile{{Action::fail, 38}, {Arch::x86_64}, {}};
  const std::uint32_t audit_arch = audit_arch_of(Arch::x86_64);
  const Meaning meaning(profile);
  const auto with_number = [&](std::uint32_t number) {
    return meaning.decide({static_cast<int>(number), audit_arch, 0, {}});
  };

  CHECK(with_number(0xffffffff) == Verdict{Action::fail, 38});
  CHECK(with_number(0xfffffffe) == kKilled);
  CHECK(with_number(kX32SyscallBit) == kKilled);
  CHECK(with_number(0) == Verdict{Action::fail, 38});
}

TEST_CASE("a call's identity leads back to what a filter sees of it") {
  for (const CallId& id : {CallId{Arch::x32, 512}, {Arch::i386, 3}, {Arch::aarch64, 64}})
    CHECK(identity_of(call_of(id, {})) == id);

  CHECK(call_of({Arch::x32, 1}, {7}).nr == 0x40000001);
  CHECK(call_of({Arch::x32, 1}, {7}).args[0] == 7);
}

TEST_CASE("the conditional rules of a multiplexer are those of its shares as well") {
  const Profile profile{
      kDenied, {Arch::i386}, {rule("listen", kAllow, {{1, Comparison::eq, 5, 0}}), rule("socket", kAllow)}};
  const Meaning meaning(profile);

  CHECK(meaning.conditional_rules({Arch::i386, 102}) == std::vector<const Rule*>{&profile.rules[0]});
  CHECK(meaning.conditional_rules({Arch::i386, 359}).empty());
}
