// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/lint.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "generator/formats/bpf.hpp"
#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

using Json = nlohmann::json;
using Names = std::vector<std::string>;

constexpr Verdict kAllow{Action::allow, 0};
constexpr Verdict kDenied{Action::fail, 1};
constexpr Verdict kAbsent{Action::fail, 38};
const std::set<Runtime> kBoth{Runtime::runc, Runtime::crun};

// What a program needs, what it is put into a container with, and clone3 as it should be: nothing to find there.
const Names kNeeded{"close",  "epoll_ctl", "execve",     "exit",       "exit_group",   "fcntl",
                    "fstat",  "fstatfs",   "futex",      "getdents64", "getpid",       "mmap",
                    "openat", "openat2",   "prlimit64",  "read",       "rt_sigreturn", "restart_syscall",
                    "statx",  "write",     "close_range"};

Rule rule(Names names, Verdict verdict, std::vector<Condition> conditions = {}) {
  return {std::move(names), verdict, std::move(conditions), ""};
}

Profile sound_profile() {
  return {kAbsent, {}, {rule(kNeeded, kAllow)}};
}

Profile sound_profile_and(Rule more) {
  Profile profile = sound_profile();
  profile.rules.push_back(std::move(more));
  return profile;
}

LintReport linted(const Profile& profile, const std::set<Runtime>& runtimes = kBoth) {
  const auto report = lint(profile, runtimes);
  if (!report) FAIL(report.error().because);
  return *report;
}

std::optional<Finding> find(const LintReport& report, std::string_view id) {
  const auto found = std::ranges::find(report.findings, id, &Finding::id);
  return found == report.findings.end() ? std::nullopt : std::optional{*found};
}

Names powerful_names(const LintReport& report) {
  Names names;
  for (const PowerfulUse& use : report.powerful) names.emplace_back(use.call->name);
  return names;
}

// The rule by which clone may be called with none of these flags.
Rule clone_without(std::uint64_t flags) {
  const std::uint32_t index = native_arch() == Arch::s390x ? 1 : 0;
  return rule({"clone"}, kAllow, {{index, Comparison::masked_eq, flags, 0}});
}

}  // namespace

TEST_CASE("of a sound profile there is to find only what old engines misread") {
  const LintReport report = linted(sound_profile());

  CHECK(report.findings ==
        std::vector{Finding{Severity::note, "misread",
                            "Docker before 23.0 ignores the default's errno, and fails calls with EPERM", ""}});
  CHECK(report.powerful.empty());
  CHECK_FALSE(has_warnings(report));
}

TEST_CASE("a report has the host's ABI and its counts") {
  const LintReport report = linted(sound_profile());

  REQUIRE(report.abis.size() == 1);
  CHECK(report.abis[0].arch == native_arch());
  CHECK(report.abis[0].count_reachable() == kNeeded.size());
  CHECK(report.default_verdict == kAbsent);
  CHECK(report.proof->holds());
}

TEST_CASE("powerful calls are reported with what may be done with them") {
  const Condition once{0, Comparison::eq, 1, 0};
  const LintReport report =
      linted({kDenied, {}, {rule({"bpf", "read"}, kAllow), rule({"ptrace"}, kAllow, {once})}});

  CHECK(powerful_names(report) == Names{"bpf", "ptrace"});
  CHECK_FALSE(report.powerful[0].depends_on_arguments);
  CHECK(report.powerful[1].depends_on_arguments);
  CHECK(report.powerful[0].archs == std::vector<Arch>{native_arch()});
}

TEST_CASE("clone is powerful only where a flag for namespaces gets through") {
  CHECK(powerful_names(linted(sound_profile_and(clone_without(0x7e020000)))).empty());
  CHECK(powerful_names(linted(sound_profile_and(clone_without(0x6e020000)))) == Names{"clone"});
  CHECK(powerful_names(linted(sound_profile_and(rule({"clone"}, kAllow)))) == Names{"clone"});
}

TEST_CASE("clone3 that fails otherwise than with ENOSYS is warned of where clone is allowed") {
  const Profile without_clone{kDenied, {}, {rule(kNeeded, kAllow)}};
  Profile with_clone = without_clone;
  with_clone.rules.push_back(rule({"clone"}, kAllow));
  Profile with_both = with_clone;
  with_both.rules.push_back(rule({"clone3"}, kAbsent));

  const auto finding = find(linted(with_clone), "clone3-errno");
  CHECK(find(linted(without_clone), "clone3-errno") == std::nullopt);
  CHECK(find(linted(with_both), "clone3-errno") == std::nullopt);
  REQUIRE(finding != std::nullopt);
}

TEST_CASE("under runc alone a clone3 that its stub answers is not warned of") {
  const Profile old{kDenied, {}, {rule({"clone", "read"}, kAllow)}};
  const Profile newer{kDenied, {}, {rule({"clone", "openat2"}, kAllow)}};

  CHECK(find(linted(old, {Runtime::runc}), "clone3-errno") == std::nullopt);
  CHECK(find(linted(old, {Runtime::crun}), "clone3-errno") != std::nullopt);
  CHECK(find(linted(newer, {Runtime::runc}), "clone3-errno") != std::nullopt);
}

TEST_CASE("calls that libraries would replace are noted where they fail with EPERM") {
  const LintReport report = linted({kDenied, {}, {rule(kNeeded, kAllow)}});

  const auto finding = find(report, "fallback-errno");
  REQUIRE(finding != std::nullopt);
  CHECK(finding->severity == Severity::note);
  CHECK(finding->text.find("faccessat2") != std::string::npos);
  CHECK(finding->remedy == "give them SCMP_ACT_ERRNO with errnoRet 38");
}

TEST_CASE("what no program can do without is warned of") {
  Profile profile = sound_profile();
  std::erase(profile.rules[0].names, "exit_group");
  const LintReport report = linted(profile);

  const auto finding = find(report, "missing-call");
  REQUIRE(finding != std::nullopt);
  CHECK(finding->text.ends_with("can start, handle signals and end without exit_group"));
  CHECK(has_warnings(report));
}

TEST_CASE("what a runtime itself calls is noted for the runtimes that were asked for") {
  Profile profile = sound_profile();
  std::erase(profile.rules[0].names, "fstatfs");

  const auto finding = find(linted(profile, {Runtime::runc}), "missing-floor");
  CHECK(find(linted(profile, {Runtime::crun}), "missing-floor") == std::nullopt);
  CHECK(find(linted(sound_profile()), "missing-floor") == std::nullopt);
  REQUIRE(finding != std::nullopt);
}

TEST_CASE("a profile that allows by default is warned of") {
  CHECK(find(linted({kAllow, {}, {rule({"bpf"}, kDenied)}}), "default-allows") != std::nullopt);
}

TEST_CASE("a profile that libseccomp compiles wrongly is an error, and comes first") {
  const LintReport report =
      linted({kDenied,
              {},
              {rule(kNeeded, kAllow), rule({"kill"}, kAllow, {{0, Comparison::ge, 0x200000008, 0}}),
               rule({"kill"}, kAllow, {{0, Comparison::lt, 0xffffffff, 0}})}});

  CHECK(report.findings.at(0).id == "wrong-filter");
  CHECK(report.findings[0].severity == Severity::error);
  CHECK(std::ranges::is_sorted(report.findings, std::ranges::greater{}, &Finding::severity));
}

TEST_CASE("names that libseccomp drops are a note where the default denies and else a warning") {
  const auto note = find(linted(sound_profile_and(rule({"zz_unknown"}, kAllow))), "unknown-to-libseccomp");
  REQUIRE(note != std::nullopt);
  CHECK(note->severity == Severity::note);
  CHECK(note->text ==
        "this machine's libseccomp does not know zz_unknown, and a runtime that uses it drops the name silently");

  const LintReport permissive = linted({kAllow, {}, {rule({"zz_unknown"}, kDenied)}});
  REQUIRE(find(permissive, "unknown-to-libseccomp") != std::nullopt);
  CHECK(find(permissive, "unknown-to-libseccomp")->severity == Severity::warning);
}

TEST_CASE("runc's stub begins above the largest number that any rule names") {
  const auto stubs =
      enosys_stubs({kDenied, {}, {rule({"read", "openat2"}, kAllow), rule({"close_range"}, kDenied)}}, {});

  REQUIRE(stubs.size() == 1);
  CHECK(stubs[0].arch == native_arch());
  CHECK(stubs[0].largest == 437);
  CHECK(stubs[0].largest_name == "openat2");
  CHECK(std::ranges::find(stubs[0].changed, "faccessat2") != stubs[0].changed.end());
  CHECK(std::ranges::find(stubs[0].changed, "clone3") == stubs[0].changed.end());
}

TEST_CASE("runc's stub does not count names that its libseccomp does not know") {
  const auto stubs = enosys_stubs({kDenied, {}, {rule({"openat2", "mseal"}, kAllow)}}, {{native_arch(), 462}});

  CHECK(stubs.at(0).largest == 437);
}

TEST_CASE("runc adds no stub where the default allows, logs or traces, and it changes nothing at ENOSYS") {
  for (const Verdict verdict : {kAllow, Verdict{Action::log, 0}, {Action::trace, 1}, kAbsent})
    CHECK(enosys_stubs({verdict, {}, {rule({"read"}, kAllow)}}, {}).empty());
  for (const Verdict verdict :
       {kDenied, Verdict{Action::kill_process, 0}, {Action::kill_thread, 0}, {Action::trap, 0}})
    CHECK(enosys_stubs({verdict, {}, {rule({"read"}, kAllow)}}, {}).size() == 1);
}

TEST_CASE("a profile that cannot be compiled cannot be linted") {
  const std::vector<Condition> same{{0, Comparison::eq, 7, 0}};
  const auto report = lint({kDenied, {}, {rule({"kill"}, kAllow, same), rule({"kill"}, kAbsent, same)}}, kBoth);

  REQUIRE_FALSE(report);
  CHECK(report.error().code == ErrorCode::bad_input);
}

TEST_CASE("filters without a profile have no proof and no runtime") {
  const auto program = compile(sound_profile(), Denials::enforced);
  REQUIRE(program);

  const LintReport report = lint_filters({*program});

  CHECK_FALSE(report.proof);
  CHECK_FALSE(report.default_verdict);
  CHECK(report.stubs.empty());
  CHECK(report.abis.at(0).count_reachable() == kNeeded.size());
}

TEST_CASE("a filter is read from the bytes that libseccomp exports") {
  const auto program = compile(sound_profile(), Denials::enforced);
  REQUIRE(program);
  const std::string bytes(reinterpret_cast<const char*>(program->data()), program->size() * sizeof(sock_filter));

  const auto parsed = parse_program(bytes, "filter.bpf");

  REQUIRE(parsed);
  CHECK(parsed->size() == program->size());
  CHECK(lint_filters({*parsed}).abis.at(0).count_reachable() == kNeeded.size());
}

TEST_CASE("bytes that are no filter are refused in words") {
  const auto odd = parse_program(std::string(9, '\0'), "odd.bpf");
  const auto wrong = parse_program(std::string(8, '\1'), "wrong.bpf");

  REQUIRE_FALSE(odd);
  REQUIRE_FALSE(wrong);
  CHECK(odd.error() == Error{ErrorCode::bad_input, "cannot use the filter odd.bpf",
                             "its length is no multiple of 8",
                             "give a profile as JSON, or a filter as seccomp_export_bpf writes it"});
  CHECK(wrong.error().because == "instruction 0 is none that seccomp knows");
}

TEST_CASE("the report as JSON says what the report says") {
  const LintReport report = linted({kDenied, {}, {rule({"bpf", "clone"}, kAllow), rule({"clone3"}, kDenied)}});
  const Json json = Json::parse(render_lint(report, "profile p.json"));

  CHECK(json["schema"] == "snug.lint/1");
  CHECK(json["subject"] == "profile p.json");
  CHECK(json["default"] == Json({{"action", "SCMP_ACT_ERRNO"}, {"errno", 1}}));
  CHECK(json["proof"]["holds"] == true);
  CHECK(json["proof"]["calls"] == report.proof->calls);
  CHECK(json["abis"][0]["allowed"] == Json({"clone", "bpf"}));
  CHECK(json["abis"][0]["denied"].size() == syscalls_of(native_arch()).size() - 2);
  CHECK(json["abis"][0]["denied"][0]["verdicts"] == Json::array({{{"action", "SCMP_ACT_ERRNO"}, {"errno", 1}}}));
  CHECK(json["powerful"][0]["name"] == "bpf");
  CHECK(json["runc"][0]["enosys_above"] == 435);
  CHECK(json["findings"].size() == report.findings.size());
  CHECK(json["findings"][0]["severity"] == "warning");
}
