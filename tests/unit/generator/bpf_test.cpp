// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/bpf.hpp"

#include <algorithm>
#include <cerrno>

#include "generator/core/bpf_evaluator.hpp"
#include "generator/core/enosys_stub.hpp"
#include "snug/syscalls.hpp"
#include "snug/verdict_code.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

// The host's own ABI is part of every filter, so these tests speak of it and hold on any machine.
std::uint32_t answer(const Profile& profile, Denials denials, std::string_view name, std::uint64_t argument = 0) {
  const auto program = compile(profile, denials);
  if (!program) FAIL(program.error().because);
  const auto number = syscall_number(native_arch(), name);
  REQUIRE(number);

  const seccomp_data call{static_cast<int>(*number), audit_arch_of(native_arch()), 0, {argument, 0, 0, 0, 0, 0}};
  const auto result = evaluate(*program, call);
  REQUIRE(result);
  return *result;
}

std::uint32_t traced(Verdict verdict) {
  return SECCOMP_RET_TRACE | encode(verdict);
}

Rule rule(std::string name, Verdict verdict, std::vector<Condition> conditions = {}) {
  return {{std::move(name)}, verdict, std::move(conditions), ""};
}

constexpr Verdict kAllow{Action::allow, 0};
constexpr Verdict kDenied{Action::fail, 1};

}  // namespace

TEST_CASE("the kernel gets each verdict as the profile says it") {
  const std::pair<Verdict, std::uint32_t> expected[] = {
      {{Action::allow, 0}, SECCOMP_RET_ALLOW},
      {{Action::log, 0}, SECCOMP_RET_LOG},
      {{Action::trace, 9}, SECCOMP_RET_TRACE | 9},
      {{Action::fail, 38}, SECCOMP_RET_ERRNO | 38},
      {{Action::trap, 0}, SECCOMP_RET_TRAP},
      {{Action::kill_thread, 0}, SECCOMP_RET_KILL_THREAD},
      {{Action::kill_process, 0}, SECCOMP_RET_KILL_PROCESS},
  };

  for (const auto& [verdict, result] : expected)
    CHECK(answer({kDenied, {}, {rule("getpid", verdict)}}, Denials::enforced, "getpid") == result);
}

TEST_CASE("a tracer gets the code of every verdict but allow") {
  for (const Verdict verdict : {Verdict{Action::log, 0},
                                {Action::notify, 0},
                                {Action::trace, 9},
                                {Action::fail, 38},
                                {Action::trap, 0},
                                {Action::kill_thread, 0},
                                {Action::kill_process, 0}})
    CHECK(answer({kDenied, {}, {rule("getpid", verdict)}}, Denials::traced, "getpid") == traced(verdict));

  CHECK(answer({kDenied, {}, {rule("getpid", kAllow)}}, Denials::traced, "getpid") == SECCOMP_RET_ALLOW);
  CHECK(answer({kDenied, {}, {}}, Denials::traced, "getpid") == traced(kDenied));
}

TEST_CASE("a call of an ABI the profile does not list kills the thread or tells the tracer so") {
  const seccomp_data foreign{0, 0xdead, 0, {}};
  const auto enforced = compile({kAllow, {}, {}}, Denials::enforced);
  const auto to_tracer = compile({kAllow, {}, {}}, Denials::traced);
  REQUIRE(enforced);
  REQUIRE(to_tracer);

  CHECK(evaluate(*enforced, foreign) == SECCOMP_RET_KILL_THREAD);
  CHECK(evaluate(*to_tracer, foreign) == traced({Action::kill_thread, 0}));
}

TEST_CASE("a rule that repeats the default verdict does not hide a later one") {
  const Profile profile{kDenied, {}, {rule("getpid", kDenied), rule("getpid", kAllow)}};

  CHECK(answer(profile, Denials::enforced, "getpid") == SECCOMP_RET_ALLOW);
  CHECK(answer(profile, Denials::traced, "getpid") == SECCOMP_RET_ALLOW);
}

TEST_CASE("a rule with another errno than the default is no repetition") {
  CHECK(answer({kDenied, {}, {rule("getpid", {Action::fail, 38})}}, Denials::enforced, "getpid") ==
        (SECCOMP_RET_ERRNO | 38));
}

TEST_CASE("conditions of one rule must all hold") {
  const Profile profile{
      kDenied, {}, {rule("kill", kAllow, {{0, Comparison::eq, 7, 0}, {1, Comparison::masked_eq, 0xff, 0}})}};

  CHECK(answer(profile, Denials::enforced, "kill", 7) == SECCOMP_RET_ALLOW);
  CHECK(answer(profile, Denials::enforced, "kill", 8) == (SECCOMP_RET_ERRNO | 1));
}

TEST_CASE("each comparison holds for the values its name says") {
  const auto values_passed = [](Comparison comparison) {
    std::vector<std::uint64_t> passed;
    for (const std::uint64_t value : {6U, 7U, 8U, 15U})
      if (answer({kDenied, {}, {rule("kill", kAllow, {{0, comparison, 7, 6}})}}, Denials::enforced, "kill",
                 value) == SECCOMP_RET_ALLOW)
        passed.push_back(value);
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

TEST_CASE("a rule that names an argument twice holds when one condition does") {
  const Profile profile{
      kDenied, {}, {rule("kill", kAllow, {{0, Comparison::eq, 7, 0}, {0, Comparison::eq, 9, 0}})}};

  CHECK(answer(profile, Denials::enforced, "kill", 7) == SECCOMP_RET_ALLOW);
  CHECK(answer(profile, Denials::enforced, "kill", 9) == SECCOMP_RET_ALLOW);
  CHECK(answer(profile, Denials::enforced, "kill", 8) == (SECCOMP_RET_ERRNO | 1));
}

TEST_CASE("names that libseccomp does not know are skipped and can be asked for") {
  const Profile profile{
      kDenied,
      {},
      {{{"zz_unknown", "getpid", "aa_unknown"}, kAllow, {}, ""}, rule("denied_unknown", {Action::fail, 38})}};

  CHECK(answer(profile, Denials::enforced, "getpid") == SECCOMP_RET_ALLOW);
  CHECK(names_unknown_to_libseccomp(profile) ==
        std::vector<std::string>{"aa_unknown", "denied_unknown", "zz_unknown"});
}

TEST_CASE("rules that contradict each other are refused") {
  const std::vector<Condition> same{{0, Comparison::eq, 7, 0}};
  const auto program = compile({kDenied, {}, {rule("kill", kAllow, same), rule("kill", {Action::trap, 0}, same)}},
                               Denials::enforced);

  REQUIRE_FALSE(program);
  CHECK(program.error() == Error{ErrorCode::bad_input, "cannot compile the profile into a filter",
                                 "two rules for kill have the same conditions and different actions",
                                 "correct the profile's rules for kill"});
}

TEST_CASE("a rule that libseccomp cannot express is refused") {
  const auto program = compile({kDenied, {}, {rule("kill", kAllow, {{6, Comparison::eq, 7, 0}})}}, Denials::traced);

  REQUIRE_FALSE(program);
  CHECK(program.error() == Error{ErrorCode::bad_input, "cannot compile the profile into a filter",
                                 "libseccomp refuses the rule for kill: Invalid argument",
                                 "correct the profile's rules for kill"});
}

TEST_CASE("an ABI of another byte order is refused") {
  const bool is_big_endian = native_arch() == Arch::s390x;
  const Arch other = is_big_endian ? Arch::x86_64 : Arch::s390x;
  const auto program = compile({kDenied, {other}, {}}, Denials::enforced);

  REQUIRE_FALSE(program);
  CHECK(program.error() == Error{ErrorCode::bad_input, "cannot compile the profile into a filter",
                                 std::string(scmp_name_of(other)) + " has another byte order than this machine",
                                 "remove it from the profile's architectures"});
}

TEST_CASE("a filter longer than the kernel loads is refused") {
  Profile profile{kDenied, {}, {}};
  for (std::uint64_t value = 0; value < 4200; ++value)
    profile.rules.push_back(rule("kill", kAllow, {{0, Comparison::eq, value, 0}}));
  const auto program = compile(profile, Denials::enforced);

  REQUIRE_FALSE(program);
  CHECK(program.error().code == ErrorCode::bad_input);
  CHECK(program.error().because.find(" instructions, and the kernel loads at most 4096") != std::string::npos);
  CHECK(program.error().remedy == "use fewer rules with conditions");
}

TEST_CASE("under runc, calls above the largest that a rule names do not exist, and all others are as they were") {
  Profile profile{kDenied, {Arch::x86_64, Arch::i386}, {rule("getpid", kAllow), rule("mount", {Action::fail, 13})}};
  if (GENERATE(false, true)) profile.architectures.push_back(Arch::x32);
  const auto program = compile_as_runc(profile, Denials::traced);
  const auto filter = compile(profile, Denials::traced);
  REQUIRE(program);
  REQUIRE(filter);
  const auto stubs = enosys_stubs(profile, {});

  for (const Arch arch : {Arch::x86_64, Arch::i386, Arch::x32, Arch::aarch64}) {
    const auto stub = std::ranges::find(stubs, arch, &EnosysStub::arch);
    for (std::uint32_t number = 0; number < 600; ++number) {
      const seccomp_data call = call_of({arch, number}, {});
      const bool is_above = stub != stubs.end() && number > stub->largest;
      CHECK(evaluate(*program, call) == (is_above ? traced({Action::fail, ENOSYS}) : evaluate(*filter, call)));
    }
  }
  const seccomp_data canceled{-1, audit_arch_of(Arch::i386), 0, {}};
  CHECK(evaluate(*program, canceled) == evaluate(*filter, canceled));
}

TEST_CASE("a profile that runc puts no stub before is compiled as it stands") {
  const Profile profile{{Action::fail, ENOSYS}, {native_arch()}, {rule("getpid", kAllow)}};
  const auto program = compile_as_runc(profile, Denials::enforced);
  const auto filter = compile(profile, Denials::enforced);

  REQUIRE(program);
  REQUIRE(filter);
  CHECK(program->size() == filter->size());
}
