// SPDX-License-Identifier: Apache-2.0
#include "generator/core/argument_rules.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/generator/recordings.hpp"

using namespace snug;
using snug::test::RecordingBuilder;

namespace {

constexpr std::uint64_t kInt = UINT32_MAX;
constexpr std::uint64_t kNamespaces = 0x7e020000;

Observation passed(const std::string& argument, std::set<std::uint64_t> values) {
  Observation observation{1, 0, {}, {}};
  observation.arguments[argument] = {std::move(values), false};
  return observation;
}

Observation passed_many(const std::string& argument) {
  Observation observation{1, 0, {}, {}};
  observation.arguments[argument].many = true;
  return observation;
}

Conditions equals(std::uint32_t index, std::uint64_t mask, std::uint64_t value) {
  return {{index, Comparison::masked_eq, mask, value}};
}

ArgumentScope exactly(const std::string& call, std::vector<Arch> archs = {Arch::x86_64}) {
  return {.allowed = {call}, .runtime_calls = {}, .architectures = std::move(archs), .portable = false};
}

ArgumentRules safe_rules(const Recording& recording, const ArgumentScope& scope) {
  return argument_rules(recording, scope, ArgumentChoice::safe);
}

}  // namespace

TEST_CASE("a socket's family is limited to those that were seen") {
  const Recording recording = RecordingBuilder().saw(Arch::x86_64, "socket", passed("domain", {2, 16}));

  const auto rules = safe_rules(recording, exactly("socket"));

  CHECK(rules.limits.at("socket") == std::vector<Conditions>{equals(0, kInt, 2), equals(0, kInt, 16)});
}

TEST_CASE("the usual families are let in for other machines") {
  const Recording recording = RecordingBuilder().saw(Arch::x86_64, "socket", passed("domain", {2}));
  auto scope = exactly("socket");
  scope.portable = true;

  const auto rules = safe_rules(recording, scope);

  CHECK(rules.limits.at("socket") ==
        std::vector<Conditions>{equals(0, kInt, 1), equals(0, kInt, 2), equals(0, kInt, 10)});
}

TEST_CASE("clone without namespaces is limited to that, whatever its other flags") {
  const Recording recording =
      RecordingBuilder().saw(Arch::x86_64, "clone", passed("flags", {0x11, 0x3d0f00, 0xffffffff00000011}));

  CHECK(safe_rules(recording, exactly("clone")).limits.at("clone") ==
        std::vector<Conditions>{equals(0, kNamespaces, 0)});
}

TEST_CASE("clone's flags are looked for where s390x has them") {
  const Recording recording = RecordingBuilder(Arch::s390x).saw(Arch::s390x, "clone", passed("flags", {0x11}));

  CHECK(safe_rules(recording, exactly("clone", {Arch::s390x})).limits.at("clone") ==
        std::vector<Conditions>{equals(1, kNamespaces, 0)});
}

TEST_CASE("a call whose arguments stand in different registers is left whole") {
  const Recording recording = RecordingBuilder(Arch::s390x)
                                  .saw(Arch::s390x, "clone", passed("flags", {0x11}))
                                  .saw(Arch::x86_64, "clone", passed("flags", {0x11}));

  const auto rules = safe_rules(recording, exactly("clone", {Arch::x86_64, Arch::s390x}));

  CHECK_FALSE(rules.limits.contains("clone"));
  CHECK(rules.whole.at("clone") == "the ABIs pass its arguments in different registers");
}

TEST_CASE("a call behind a multiplexer is left whole") {
  const Recording recording = RecordingBuilder().saw(Arch::x86_64, "socket", passed("domain", {2}));

  const auto rules = safe_rules(recording, exactly("socket", {Arch::x86_64, Arch::i386}));

  CHECK(rules.whole.at("socket") == "on i386 it can be made through socketcall, whose arguments lie in memory");
}

TEST_CASE("a call whose arguments lie in memory is left whole") {
  const Recording recording = RecordingBuilder().saw(Arch::x86_64, "mmap", passed("prot", {0}));

  CHECK(safe_rules(recording, exactly("mmap", {Arch::x86_64, Arch::i386})).whole.at("mmap") ==
        "on i386 its arguments lie in memory");
  CHECK(safe_rules(recording, exactly("clone3")).whole.contains("clone3"));
}

TEST_CASE("a call of whose arguments too many were seen is left whole") {
  const Recording recording = RecordingBuilder().saw(Arch::x86_64, "ioctl", passed_many("request"));

  CHECK(safe_rules(recording, exactly("ioctl")).whole.at("ioctl") == "too many different arguments were seen");
}

TEST_CASE("a call whose arguments were not recorded is left whole") {
  const Recording recording = RecordingBuilder().saw(Arch::x86_64, "socket");

  CHECK(safe_rules(recording, exactly("socket")).whole.at("socket") == "its arguments were not recorded");
}

TEST_CASE("a call that runtimes make with other arguments is left whole") {
  const Recording recording = RecordingBuilder().saw(Arch::x86_64, "prctl", passed("option", {15}));
  auto scope = exactly("prctl");
  scope.runtime_calls = {"prctl"};

  CHECK(argument_rules(recording, scope, ArgumentChoice::all).whole.at("prctl") ==
        "container runtimes make it too, with arguments of their own");
}

TEST_CASE("what keeps nothing dangerous out is limited on demand only") {
  const Recording recording = RecordingBuilder().saw(Arch::x86_64, "madvise", passed("advice", {4}));

  CHECK_FALSE(safe_rules(recording, exactly("madvise")).limits.contains("madvise"));
  CHECK(argument_rules(recording, exactly("madvise"), ArgumentChoice::all).limits.at("madvise") ==
        std::vector<Conditions>{equals(2, kInt, 4)});
}

TEST_CASE("memory may be writable or executable, and both only where that was seen") {
  const auto limits_of = [](std::set<std::uint64_t> protections) {
    const Recording recording =
        RecordingBuilder().saw(Arch::x86_64, "mmap", passed("prot", std::move(protections)));
    return safe_rules(recording, exactly("mmap")).limits;
  };

  CHECK(limits_of({0, 2, 4}).at("mmap") ==
        std::vector<Conditions>{equals(2, 6, 0), equals(2, 6, 2), equals(2, 6, 4)});
  CHECK_FALSE(limits_of({6}).contains("mmap"));
}

TEST_CASE("nothing is limited where nothing is to be") {
  const Recording recording = RecordingBuilder().saw(Arch::x86_64, "socket", passed("domain", {2}));

  CHECK(argument_rules(recording, exactly("socket"), ArgumentChoice::none).limits.empty());
}
