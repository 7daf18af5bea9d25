// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/proof.hpp"

#include <algorithm>

#include "generator/core/telling_arguments.hpp"
#include "generator/formats/bpf.hpp"
#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

constexpr Verdict kAllow{Action::allow, 0};
constexpr Verdict kDenied{Action::fail, 1};
constexpr Verdict kAbsent{Action::fail, 38};

Rule rule(std::vector<std::string> names, Verdict verdict, std::vector<Condition> conditions = {}) {
  return {std::move(names), verdict, std::move(conditions), ""};
}

ProofReport proof_of(const Profile& profile) {
  const auto report = prove(profile);
  if (!report) FAIL(report.error().because);
  return *report;
}

// What is wrong about the filter of `made` as a filter for `meant`.
ProofReport held_against(const Profile& made, const Profile& meant) {
  const auto program = compile(made, Denials::enforced);
  REQUIRE(program);
  return check(*program, Meaning(meant));
}

std::vector<Arguments> telling(const std::vector<Rule>& rules) {
  std::vector<const Rule*> pointers;
  for (const Rule& each : rules) pointers.push_back(&each);
  return telling_arguments(pointers);
}

bool tries(const std::vector<Arguments>& tried, const Arguments& wanted, std::size_t count) {
  return std::any_of(tried.begin(), tried.end(), [&](const Arguments& each) {
    return std::equal(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(count), each.begin());
  });
}

}  // namespace

TEST_CASE("the proof of a plain profile holds and has tried every number of every ABI") {
  const ProofReport report = proof_of({kDenied, {native_arch()}, {rule({"read", "write"}, kAllow)}});

  std::size_t known = 0;
  for (const Arch arch : kKnownArchs) known += syscalls_of(arch).size();
  CHECK(report.holds());
  CHECK(report.mismatches.empty());
  CHECK(report.calls > known);
}

TEST_CASE("the proof of a profile with conditions holds and has tried more") {
  const Profile plain{kDenied, {native_arch()}, {rule({"ioctl"}, kAllow)}};
  Profile conditional = plain;
  conditional.rules[0].conditions = {{1, Comparison::masked_eq, 0xffffffff, 0x5401}};

  const ProofReport report = proof_of(conditional);

  CHECK(report.holds());
  CHECK(report.calls > proof_of(plain).calls);
}

TEST_CASE("a filter that allows one call too many is found out") {
  const Profile meant{kDenied, {native_arch()}, {rule({"read"}, kAllow)}};
  const ProofReport report = held_against({kDenied, {native_arch()}, {rule({"read", "write"}, kAllow)}}, meant);

  REQUIRE(report.mismatched == 1);
  CHECK(report.mismatches[0].name == "write");
  CHECK(report.mismatches[0].expected == kDenied);
  CHECK(report.mismatches[0].got == kAllow);
}

TEST_CASE("a filter with another errno is found out") {
  const Profile meant{kDenied, {native_arch()}, {rule({"clone3"}, kAbsent)}};
  const ProofReport report = held_against({kDenied, {native_arch()}, {}}, meant);

  REQUIRE(report.mismatched == 1);
  CHECK(report.mismatches[0].name == "clone3");
  CHECK(report.mismatches[0].got == kDenied);
}

TEST_CASE("a filter that differs in one bit of one argument is found out") {
  const auto profile = [](std::uint64_t mask) {
    return Profile{kDenied, {native_arch()}, {rule({"clone"}, kAllow, {{0, Comparison::masked_eq, mask, 0}})}};
  };

  const ProofReport report = held_against(profile(0x7c020000), profile(0x7e020000));

  REQUIRE(report.mismatched > 0);
  CHECK(report.mismatches[0].name == "clone");
  CHECK((report.mismatches[0].call.args[0] & 0x02000000) != 0);
}

TEST_CASE("a filter that lets another ABI in is found out") {
  const Arch other = native_arch() == Arch::aarch64 ? Arch::riscv64 : Arch::aarch64;
  const ProofReport report = held_against({kAllow, {other}, {}}, {kAllow, {}, {}});

  CHECK(report.mismatched > syscalls_of(other).size());
  CHECK(report.mismatches.size() == 10);
}

TEST_CASE("a program that the kernel would not load agrees with no profile") {
  const ProofReport report = check({}, Meaning({kDenied, {}, {}}));

  CHECK(report.mismatched == report.calls);
  CHECK_FALSE(report.mismatches.at(0).got);
}

TEST_CASE("a range that libseccomp compiles wrongly is found out") {
  const Profile ranges{kDenied,
                       {native_arch()},
                       {rule({"kill"}, kAllow, {{0, Comparison::ge, 0x200000008, 0}}),
                        rule({"kill"}, kAllow, {{0, Comparison::lt, 0xffffffff, 0}})}};
  const ProofReport report = proof_of(ranges);

  CHECK_FALSE(report.holds());
  const auto lets_the_end_through = [](const Mismatch& mismatch) {
    return mismatch.name == "kill" && mismatch.call.args[0] == 0xffffffff && mismatch.got == kAllow;
  };
  CHECK(std::any_of(report.mismatches.begin(), report.mismatches.end(), lets_the_end_through));
}

TEST_CASE("names that libseccomp does not know are reported and prove nothing wrong") {
  const ProofReport report = proof_of({kDenied, {}, {rule({"zz_unknown", "read"}, kAllow)}});

  CHECK(report.holds());
  CHECK(report.dropped == std::vector<std::string>{"zz_unknown"});
}

TEST_CASE("every call that snug has a number for can be proved, known to libseccomp or not") {
  Profile everything{kDenied, {}, {rule({}, kAllow)}};
  const bool is_big_endian = native_arch() == Arch::s390x;
  for (const Arch arch : kKnownArchs) {
    if (arch == Arch::loongarch64 || (arch == Arch::s390x) != is_big_endian) continue;
    everything.architectures.push_back(arch);
    for (const SyscallEntry& entry : syscalls_of(arch)) everything.rules[0].names.emplace_back(entry.name);
  }

  const ProofReport report = proof_of(everything);

  for (const Mismatch& mismatch : report.mismatches) UNSCOPED_INFO(describe(mismatch));
  CHECK(report.holds());
}

TEST_CASE("a profile that cannot be compiled cannot be proved") {
  const std::vector<Condition> same{{0, Comparison::eq, 7, 0}};
  const auto report = prove({kDenied, {}, {rule({"kill"}, kAllow, same), rule({"kill"}, {Action::trap, 0}, same)}});

  REQUIRE_FALSE(report);
  CHECK(report.error().because == "two rules for kill have the same conditions and different actions");
}

TEST_CASE("a mismatch is described by its call, its arguments and both verdicts") {
  const Mismatch mismatch{call_of({Arch::x86_64, 41}, {0x28}), "socket", kDenied, kAllow};
  const Mismatch nameless{call_of({Arch::x86_64, 999}, {}), std::nullopt, kAbsent, std::nullopt};

  CHECK(describe(mismatch) ==
        "socket (x86_64, 41) with arguments 0x28 0x0 0x0 0x0 0x0 0x0: SCMP_ACT_ALLOW instead of SCMP_ACT_ERRNO(1)");
  CHECK(describe(nameless) ==
        "a nameless call (x86_64, 999) with arguments 0x0 0x0 0x0 0x0 0x0 0x0: no answer instead of "
        "SCMP_ACT_ERRNO(38)");
}

TEST_CASE("the telling arguments are those around each value, with and without an upper half") {
  const auto tried = telling({rule({"kill"}, kAllow, {{0, Comparison::eq, 7, 0}})});

  for (const std::uint64_t value : {6UL, 7UL, 8UL, 0x100000007UL, 0xffffffff00000007UL, 0xdeadbeef00000007UL})
    CHECK(tries(tried, {value}, 1));
}

TEST_CASE("the telling arguments flip each bit of a mask, and all outside of it") {
  const auto tried = telling({rule({"clone"}, kAllow, {{0, Comparison::masked_eq, 0x7e020000, 0}})});

  for (const std::uint64_t value : {0x00020000UL, 0x02000000UL, 0x40000000UL, ~0x7e020000UL})
    CHECK(tries(tried, {value}, 1));
}

TEST_CASE("the telling arguments combine what conditions ask of several") {
  const auto tried = telling({rule({"mmap"}, kAllow, {{2, Comparison::eq, 3, 0}, {3, Comparison::eq, 34, 0}})});

  CHECK(tries(tried, {tried[0][0], tried[0][1], 3, 34}, 4));
  CHECK(tries(tried, {tried[0][0], tried[0][1], 4, 34}, 4));
  CHECK(tries(tried, {tried[0][0], tried[0][1], 3, 33}, 4));
}

TEST_CASE("there is an end to telling arguments, and those around each rule are among them") {
  std::vector<Condition> all;
  for (std::uint32_t index = 0; index < 6; ++index)
    all.push_back({index, Comparison::masked_eq, 0xffffffff, index});
  const auto tried = telling({rule({"mmap"}, kAllow, all)});

  CHECK(tried.size() == kMostTellingArguments);
  CHECK(tries(tried, {0, 1, 2, 3, 4, 5}, 6));
  CHECK(tries(tried, {0, 1, 2, 3, 4, 4}, 6));
}
