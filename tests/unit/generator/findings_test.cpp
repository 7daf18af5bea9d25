// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "generator/core/finding.hpp"
#include "generator/core/int_arguments.hpp"
#include "generator/core/rule_findings.hpp"
#include "generator/core/verdict_words.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

constexpr Verdict kAllow{Action::allow, 0};
constexpr Verdict kDenied{Action::fail, 1};
constexpr Verdict kAbsent{Action::fail, 38};

Rule rule(std::vector<std::string> names, Verdict verdict, std::vector<Condition> conditions = {}) {
  return {std::move(names), verdict, std::move(conditions), ""};
}

// The findings about one condition on argument 0 of socket, an int, in a rule beside a default verdict.
std::vector<Finding> about_socket(Verdict default_verdict, Verdict verdict, Condition condition) {
  return condition_findings({default_verdict, {Arch::x86_64}, {rule({"socket"}, verdict, {condition})}});
}

std::string id_of_only(const std::vector<Finding>& findings) {
  return findings.size() == 1 ? findings[0].id : std::to_string(findings.size()) + " findings";
}

std::vector<std::string> comparisons_with(std::string_view id, Verdict default_verdict, Verdict verdict) {
  std::vector<std::string> names;
  for (const Comparison comparison : {Comparison::ne, Comparison::lt, Comparison::le, Comparison::eq,
                                      Comparison::ge, Comparison::gt, Comparison::masked_eq}) {
    const Condition whole{0, comparison, comparison == Comparison::masked_eq ? UINT64_MAX : 40, 40};
    if (id_of_only(about_socket(default_verdict, verdict, whole)) == id) names.emplace_back(name_of(comparison));
  }
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a list of names is cut where it grows long") {
  CHECK(listed({"a", "b"}) == "a, b");
  CHECK(listed({"a", "b", "c", "d"}, 2) == "a, b and 2 more");
  CHECK(listed({}) == "");
}

TEST_CASE("what happens to a call is said in words") {
  CHECK(what_happens(kAllow) == "is allowed");
  CHECK(what_happens({Action::log, 0}) == "is allowed and logged");
  CHECK(what_happens({Action::notify, 0}) == "is decided by a listener");
  CHECK(what_happens({Action::trace, 1}) == "fails with ENOSYS unless a tracer decides it");
  CHECK(what_happens(kAbsent) == "fails with ENOSYS");
  CHECK(what_happens({Action::fail, 4000}) == "fails with 4000");
  CHECK(what_happens({Action::fail, 0}) == "does nothing and succeeds");
  CHECK(what_happens({Action::trap, 0}) == "gets SIGSYS");
  CHECK(what_happens({Action::kill_thread, 0}) == "kills the thread");
  CHECK(what_happens({Action::kill_process, 0}) == "kills the process");
}

TEST_CASE("a rule that repeats the default action is noted") {
  const auto findings = rule_findings({kDenied, {}, {rule({"mount", "bpf"}, kDenied), rule({"read"}, kAllow)}});

  REQUIRE(findings.size() == 1);
  CHECK(findings[0] == Finding{Severity::note, "repeats-default",
                               "a rule says that a call fails with EPERM, as the default action does, and engines "
                               "skip such rules: mount, bpf",
                               ""});
}

TEST_CASE("a later unconditional rule with another verdict is shadowed") {
  const auto findings = rule_findings({kDenied, {}, {rule({"read"}, kAllow), rule({"read"}, kAbsent)}});

  REQUIRE(findings.size() == 1);
  CHECK(findings[0] == Finding{Severity::warning, "shadowed-rule",
                               "a later rule says that a call fails with ENOSYS, and another one, without "
                               "conditions, that it is allowed, which wins silently: read",
                               "keep one of the two"});
}

TEST_CASE("a conditional rule is shadowed by an unconditional one that stands behind it") {
  const auto findings = rule_findings(
      {kDenied, {}, {rule({"kill"}, kAbsent, {{0, Comparison::eq, 7, 0}}), rule({"kill", "read"}, kAllow)}});

  REQUIRE(findings.size() == 1);
  CHECK(findings[0].id == "shadowed-rule");
  CHECK(findings[0].text.starts_with("a rule with conditions says"));
}

TEST_CASE("rules that say the same twice are noted") {
  const auto findings = rule_findings({kDenied,
                                       {},
                                       {rule({"read", "kill"}, kAllow), rule({"read"}, kAllow),
                                        rule({"kill"}, kAllow, {{0, Comparison::eq, 7, 0}})}});

  REQUIRE(findings.size() == 2);
  for (const Finding& finding : findings)
    CHECK((finding.id == "duplicate-rule" && finding.severity == Severity::note));
}

TEST_CASE("rules of which each does something have no findings") {
  const Profile profile{
      kDenied,
      {},
      {rule({"read"}, kAllow), rule({"kill"}, kAllow, {{0, Comparison::masked_eq, UINT32_MAX, 7}}),
       rule({"kill"}, kAllow, {{0, Comparison::masked_eq, UINT32_MAX, 8}})}};

  CHECK(rule_findings(profile).empty());
  CHECK(condition_findings(profile).empty());
}

TEST_CASE("a comparison that is met with an upper half lets an allow rule be passed by") {
  CHECK(comparisons_with("bypassable-comparison", kDenied, kAllow) ==
        Names{"SCMP_CMP_NE", "SCMP_CMP_GE", "SCMP_CMP_GT"});
  CHECK(comparisons_with("strict-comparison", kDenied, kAllow) ==
        Names{"SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ"});
}

TEST_CASE("a comparison that fails with an upper half lets a deny rule be passed by") {
  CHECK(comparisons_with("bypassable-comparison", kAllow, kDenied) ==
        Names{"SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ"});
  CHECK(comparisons_with("strict-comparison", kAllow, kDenied) ==
        Names{"SCMP_CMP_NE", "SCMP_CMP_GE", "SCMP_CMP_GT"});
}

TEST_CASE("a comparison of the lower half, or of an argument that is no int, can stand") {
  CHECK(about_socket(kDenied, kAllow, {0, Comparison::masked_eq, UINT32_MAX, 40}).empty());
  CHECK(condition_findings({kDenied, {}, {rule({"mmap"}, kAllow, {{0, Comparison::eq, 0, 0}})}}).empty());
  CHECK(condition_findings({kDenied, {}, {rule({"socket"}, kAbsent, {{0, Comparison::eq, 40, 0}})}}).empty());
}

TEST_CASE("the way out of comparing an int as 64 bits is named") {
  CHECK(about_socket(kAllow, kDenied, {0, Comparison::eq, 40, 0}) ==
        std::vector<Finding>{{Severity::warning, "bypassable-comparison",
                              "socket compares argument 0 as 64 bits, but the kernel takes 32 bits of it, so that "
                              "anything in the upper half passes by SCMP_CMP_EQ 0x28",
                              "use SCMP_CMP_MASKED_EQ with value 4294967295 and valueTwo 40"}});
  CHECK(
      about_socket(kDenied, kAllow, {0, Comparison::lt, 40, 0}) ==
      std::vector<Finding>{{Severity::note, "strict-comparison",
                            "socket compares argument 0 as 64 bits, but the kernel takes 32 bits of it, so that a "
                            "program that leaves something in the upper half is refused by SCMP_CMP_LT 0x28",
                            "list the values that are meant, with SCMP_CMP_MASKED_EQ and value 4294967295"}});
}

TEST_CASE("several comparisons of one argument are one finding") {
  const auto findings = condition_findings({kDenied,
                                            {},
                                            {rule({"personality"}, kAllow, {{0, Comparison::eq, 0, 0}}),
                                             rule({"personality"}, kAllow, {{0, Comparison::eq, 8, 0}})}});

  REQUIRE(findings.size() == 1);
  CHECK(findings[0].text.ends_with("SCMP_CMP_EQ 0x0, SCMP_CMP_EQ 0x8"));
  CHECK(findings[0].remedy == "use SCMP_CMP_MASKED_EQ with value 4294967295 and each of the values as valueTwo");
}

TEST_CASE("a condition that nothing can meet is an error") {
  for (const Condition impossible : {Condition{2, Comparison::masked_eq, 0xff, 0x100},
                                     {2, Comparison::lt, 0, 0},
                                     {2, Comparison::gt, UINT64_MAX, 0}}) {
    const auto findings = condition_findings({kDenied, {}, {rule({"mmap"}, kAllow, {impossible})}});

    REQUIRE(findings.size() == 1);
    CHECK(findings[0].severity == Severity::error);
    CHECK(findings[0].id == "impossible-condition");
  }
}

TEST_CASE("a condition on a socket call can be passed by through a multiplexer that is allowed or not named") {
  const Rule socket = rule({"socket"}, kAllow, {{0, Comparison::masked_eq, UINT32_MAX, 2}});
  const auto with = [&](std::vector<Rule> more, Arch arch) {
    more.push_back(socket);
    return condition_findings({kDenied, {Arch::x86_64, arch}, more});
  };

  CHECK(id_of_only(with({}, Arch::i386)) == "multiplexed-condition");
  CHECK(with({}, Arch::i386)[0].text ==
        "socket can also be called through socketcall on i386, which hides the arguments, so that the rule asks "
        "something else there");
  CHECK(with({rule({"socketcall"}, kAllow)}, Arch::i386)[0].text ==
        "socket can also be called through socketcall on i386, which is allowed as a whole, with any arguments");
  CHECK(with({rule({"socketcall"}, kAbsent)}, Arch::i386).empty());
  CHECK(with({}, Arch::x32).empty());
}

TEST_CASE("an int argument is known by its call and its place") {
  CHECK(is_int_argument("socket", 0));
  CHECK(is_int_argument("ioctl", 1));
  CHECK_FALSE(is_int_argument("ioctl", 2));
  CHECK_FALSE(is_int_argument("mmap", 0));
  CHECK_FALSE(is_int_argument("zz_unknown", 0));
}
