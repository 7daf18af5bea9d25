// SPDX-License-Identifier: Apache-2.0
#include "generator/core/consumers.hpp"

#include <algorithm>
#include <cerrno>
#include <set>

#include "tests/support/catch.hpp"

using namespace snug;

namespace {

constexpr Verdict kAllow{Action::allow, 0};
constexpr Verdict kDenied{Action::fail, EPERM};
const Rule kWrites{{"read", "write"}, kAllow, {}, ""};

// Every finding, each as "consumer what".
std::set<std::string> findings(const Profile& profile) {
  std::set<std::string> texts;
  for (const ConsumerFinding& finding : consumer_findings(profile))
    texts.insert(std::string(name_of(finding.consumer)) + " " + finding.what);
  return texts;
}

// Those of a profile that is sound but for this rule.
std::set<std::string> findings_about(const Rule& rule) {
  return findings({kDenied, {}, {kWrites, rule}});
}

}  // namespace

TEST_CASE("a list of allowed calls is read alike by all") {
  CHECK(findings({kDenied, {Arch::x86_64}, {kWrites}}).empty());
  CHECK(findings({kAllow, {}, {}}).empty());
}

TEST_CASE("a rule that repeats the default is no finding") {
  CHECK(findings({{Action::log, 0}, {}, {}}) ==
        findings({{Action::log, 0}, {}, {{{"read"}, {Action::log, 0}, {}, ""}}}));
}

TEST_CASE("an errno in a rule is ignored by some") {
  CHECK(findings_about({{"clone3"}, {Action::fail, ENOSYS}, {}, ""}) ==
        std::set<std::string>{
            "crun up to 1.29.1 may take the filter it cached for a profile that differs in errnos only",
            "Docker before 20.10.10 ignores errnoRet, and fails calls with EPERM",
            "gVisor fails calls with EPERM, whatever the errno",
            "Security Profiles Operator before 0.8.1 takes errnoRet as text, not as a number",
            "systemd before 248 denies all calls alike, as the default does"});
}

TEST_CASE("an errno of the default is ignored by some") {
  CHECK(findings({{Action::fail, ENOSYS}, {}, {kWrites}}) ==
        std::set<std::string>{"Docker before 23.0 ignores the default's errno, and fails calls with EPERM",
                              "gVisor fails calls with EPERM, whatever the errno",
                              "Security Profiles Operator has no place for the default's errno, so that calls fail "
                              "with EPERM"});
}

TEST_CASE("a killing default does not kill for calls that runc takes for newer ones") {
  CHECK(findings({{Action::kill_process, 0}, {}, {kWrites}}) ==
        std::set<std::string>{
            "runc fails calls newer than any that is named with ENOSYS, in place of SCMP_ACT_KILL_PROCESS",
            "Docker fails calls newer than any that is named with ENOSYS, in place of SCMP_ACT_KILL_PROCESS",
            "gVisor does not know SCMP_ACT_KILL_PROCESS", "systemd before 247 does not know \"kill\""});
  CHECK(findings({{Action::trap, 0}, {}, {kWrites}}).size() == 2);
  CHECK(findings({{Action::kill_thread, 0}, {}, {kWrites}}).size() == 2);
}

TEST_CASE("notifications need somebody who listens") {
  const std::set<std::string> expected{
      "runc starts no container with SCMP_ACT_NOTIFY and without a listener",
      "crun starts no container with SCMP_ACT_NOTIFY and without a listener",
      "Docker starts no container with SCMP_ACT_NOTIFY and without a listener",
      "Security Profiles Operator needs a listenerPath, which is not told, for SCMP_ACT_NOTIFY",
      "bubblewrap has no listener, so that SCMP_ACT_NOTIFY fails calls with ENOSYS",
      "gVisor does not know SCMP_ACT_NOTIFY",
      "systemd before 248 denies all calls alike, as the default does"};

  CHECK(findings_about({{"mount"}, {Action::notify, 0}, {}, ""}) == expected);
}

TEST_CASE("tracing needs a tracer") {
  const auto found = findings_about({{"mount"}, {Action::trace, EPERM}, {}, ""});

  for (const std::string consumer : {"runc", "crun", "Docker", "bubblewrap"})
    CHECK(found.count(consumer +
                      " fails calls that have SCMP_ACT_TRACE with ENOSYS, unless a tracer is attached") == 1);
}

TEST_CASE("LoongArch is new to many") {
  CHECK(findings({kDenied, {Arch::loongarch64}, {kWrites}}) ==
        std::set<std::string>{"runc needs libseccomp 2.6 for SCMP_ARCH_LOONGARCH64",
                              "crun needs libseccomp 2.6 for SCMP_ARCH_LOONGARCH64",
                              "Docker needs libseccomp 2.6 for SCMP_ARCH_LOONGARCH64",
                              "Security Profiles Operator does not know SCMP_ARCH_LOONGARCH64"});
}

TEST_CASE("conditions on one argument twice become alternatives") {
  const auto found =
      findings_about({{"socket"}, kAllow, {{0, Comparison::ge, 1, 0}, {0, Comparison::le, 3, 0}}, ""});

  CHECK(found.size() == 4);
  CHECK(
      found.count("runc takes each condition of a rule for socket as a rule of its own, because an argument stands "
                  "twice in it") == 1);
}

TEST_CASE("numbers from 2^63 on are too large for the operator") {
  CHECK(findings_about({{"ioctl"}, kAllow, {{1, Comparison::eq, 0x8000000000000000, 0}}, ""}) ==
        std::set<std::string>{
            "Security Profiles Operator knows no numbers above 9223372036854775807, which a rule for "
            "ioctl compares with"});
}

TEST_CASE("rules that contradict each other start no container") {
  const std::vector<Condition> conditions{{0, Comparison::eq, 1, 0}, {1, Comparison::eq, 2, 0}};
  const std::vector<Condition> reversed{conditions[1], conditions[0]};
  const auto found = findings(
      {kDenied, {}, {kWrites, {{"ioctl"}, kAllow, conditions, ""}, {{"ioctl"}, {Action::log, 0}, reversed, ""}}});

  for (const std::string consumer : {"runc", "crun", "Docker"})
    CHECK(found.count(consumer +
                      " starts no container with two rules for ioctl that have the same conditions and different "
                      "actions") == 1);
  CHECK(findings({kDenied, {}, {kWrites, {{"ioctl"}, kAllow, conditions, ""}, {{"ioctl"}, kAllow, reversed, ""}}})
            .empty());
}

TEST_CASE("systemd may allow write beyond the profile") {
  CHECK(findings({kAllow, {}, {{{"write"}, kDenied, {}, ""}}})
            .count("systemd may allow write all the same, to learn that the service has started") == 1);
  CHECK(findings({kDenied, {}, {{{"read"}, kAllow, {}, ""}}}) ==
        std::set<std::string>{"systemd may allow write all the same, to learn that the service has started"});
}

TEST_CASE("findings are sorted by consumer and stand once") {
  const Rule failing{{"clone3"}, {Action::fail, ENOSYS}, {}, ""};
  const auto found = consumer_findings({{Action::fail, ENOSYS}, {Arch::loongarch64}, {failing, failing}});

  CHECK(std::is_sorted(found.begin(), found.end()));
  CHECK(std::adjacent_find(found.begin(), found.end()) == found.end());
}
