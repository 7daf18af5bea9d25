// SPDX-License-Identifier: Apache-2.0
#include "generator/core/capability_report.hpp"

#include <algorithm>

#include "snug/syscalls.hpp"
#include "tests/support/capability_sets.hpp"
#include "tests/support/catch.hpp"

using namespace snug;
using snug::test::set_of;

namespace {

constexpr unsigned kChown = 0;
constexpr unsigned kOverride = 1;
constexpr unsigned kReadSearch = 2;
constexpr unsigned kBind = 10;
constexpr unsigned kRaw = 13;
constexpr unsigned kAdmin = 21;

struct Need {
  CapabilityNeed sets;
  CapabilityUse use = CapabilityUse::used;
  std::string on = {};
  std::string call = "bind";
  std::uint64_t count = 1;
  std::map<std::string, std::uint64_t> phases = {};
  RunId run = "r-1";
  ExecutableId executable = "x-1";
};

Need need_of(std::initializer_list<std::string_view> any, CapabilityUse use = CapabilityUse::used) {
  return {.sets = {set_of(any)}, .use = use};
}

Run watched_run() {
  Run run;
  run.command = {"app", "-d"};
  run.tracer.privileged = true;
  run.privilege = Privilege{};
  return run;
}

// Of runs by two executables, watched by a tracer that keeps no program from gaining privilege.
Recording recording_of(const std::vector<Need>& needs) {
  Recording recording;
  recording.runs["r-1"] = watched_run();
  recording.executables = {{"x-1", {"/bin/app", ""}}, {"x-2", {"/bin/helper", ""}}};
  for (const Need& need : needs) {
    recording.runs.try_emplace(need.run, watched_run());
    const SyscallKey call{Arch::x86_64, syscall_number(Arch::x86_64, need.call).value()};
    CapabilityEvidence& evidence =
        recording.capabilities[{call, need.use, need.sets, need.on}][{need.run, need.executable}];
    evidence.count = need.count;
    evidence.phases = need.phases;
  }
  return recording;
}

CapabilityReport report_on(const Recording& recording) {
  const auto report = report_capabilities(recording);
  REQUIRE(report);
  return *report;
}

CapabilityReport report_on(const std::vector<Need>& needs) {
  return report_on(recording_of(needs));
}

// With the run of another phase than the first.
CapabilityReport report_on_serving(const std::vector<Need>& needs) {
  Recording recording = recording_of(needs);
  Observation& observation = recording.syscalls[{Arch::x86_64, 0}][{"r-1", "x-1"}];
  observation.count = 1;
  observation.phases = {{"serving", 1}};
  return report_on(recording);
}

CapabilityFinding finding_on(const CapabilityReport& report, unsigned number) {
  const auto found = std::ranges::find(report.findings, number, &CapabilityFinding::number);
  REQUIRE(found != report.findings.end());
  return *found;
}

}  // namespace

TEST_CASE("a run that needs nothing is given nothing") {
  const CapabilityReport report = report_on(std::vector<Need>{});

  CapabilityReport expected;
  expected.runs = 1;
  expected.new_privileges = NewPrivileges::none;
  CHECK(report == expected);
}

TEST_CASE("what was used, declared and checked is recommended, each as what it is") {
  const CapabilityReport report = report_on({need_of({"CHOWN"}), need_of({"NET_RAW"}, CapabilityUse::declared),
                                             need_of({"SYS_ADMIN"}, CapabilityUse::checked)});

  CHECK(report.recommended == set_of({"CHOWN", "NET_RAW", "SYS_ADMIN"}));
  CHECK(finding_on(report, kChown).what == CapabilityClass::used);
  CHECK(finding_on(report, kRaw).what == CapabilityClass::declared);
  CHECK(finding_on(report, kAdmin).what == CapabilityClass::checked);
}

TEST_CASE("what was attempted, probed or asked for in passing is told, and not recommended") {
  const CapabilityReport report =
      report_on({need_of({"CHOWN"}, CapabilityUse::attempted), need_of({"NET_RAW"}, CapabilityUse::probe),
                 need_of({"SYS_ADMIN"}, CapabilityUse::opportunistic)});

  CHECK(report.recommended == 0);
  CHECK(finding_on(report, kChown).what == CapabilityClass::attempted);
  CHECK(finding_on(report, kRaw).what == CapabilityClass::probe);
  CHECK(finding_on(report, kAdmin).what == CapabilityClass::opportunistic);
}

TEST_CASE("of all that is known of a capability the strongest is told, with its evidence") {
  using enum CapabilityUse;
  const std::vector order{used, declared, checked, attempted, probe, opportunistic};
  for (std::size_t strongest = 0; strongest < order.size(); ++strongest) {
    std::vector<Need> needs;
    for (std::size_t i = strongest; i < order.size(); ++i)
      needs.push_back({.sets = {set_of({"CHOWN"})}, .use = order[i], .on = std::string(name_of(order[i]))});

    const CapabilityFinding finding = finding_on(report_on(needs), kChown);

    CHECK(name_of(finding.what) == name_of(order[strongest]));
    REQUIRE(finding.evidence.size() == 1);
    CHECK(finding.evidence[0].ends_with(name_of(order[strongest])));
  }
}

TEST_CASE("which use a recording tells first makes no difference") {
  const Need used{.sets = {set_of({"CHOWN"})}, .call = "fchown"};
  const Need attempted{.sets = {set_of({"CHOWN"})}, .use = CapabilityUse::attempted, .call = "chown"};
  const Need probed{.sets = {set_of({"CHOWN"})}, .use = CapabilityUse::probe, .call = "lchown"};

  const CapabilityFinding finding = finding_on(report_on({used, attempted, probed}), kChown);

  CHECK(finding.what == CapabilityClass::used);
  CHECK(finding.evidence == std::vector<std::string>{"/bin/app: fchown"});
}

TEST_CASE("of two that would do, the one that gives less away is recommended, and the other told") {
  const CapabilityReport report = report_on({need_of({"SYS_ADMIN", "NET_RAW"})});

  CHECK(report.recommended == set_of({"NET_RAW"}));
  CHECK(finding_on(report, kRaw).alternatives == set_of({"SYS_ADMIN"}));
  CHECK(finding_on(report, kAdmin).what == CapabilityClass::alternative);
  CHECK(finding_on(report, kAdmin).alternatives == set_of({"NET_RAW"}));
}

TEST_CASE("what is needed anyway is not joined by what would do as well") {
  const CapabilityReport report =
      report_on({need_of({"SYS_ADMIN", "NET_RAW"}), {.sets = {set_of({"SYS_ADMIN"})}, .call = "mount"}});

  CHECK(report.recommended == set_of({"SYS_ADMIN"}));
  CHECK(finding_on(report, kAdmin).alternatives == 0);
  CHECK(finding_on(report, kRaw).what == CapabilityClass::alternative);
}

TEST_CASE("an alternative must do for every need, also for those of a weaker kind") {
  const CapabilityUse weaker = GENERATE(CapabilityUse::declared, CapabilityUse::checked);
  const std::string call =
      GENERATE(values<std::string>({"accept", "write"}));  // that the recording tells before and after the other
  const CapabilityReport report = report_on({{.sets = {set_of({"NET_RAW", "SYS_ADMIN"})}, .call = "connect"},
                                             {.sets = {set_of({"NET_RAW"})}, .use = weaker, .call = call}});

  CHECK(finding_on(report, kRaw).what == CapabilityClass::used);
  CHECK(finding_on(report, kRaw).alternatives == 0);
}

TEST_CASE("what was only attempted does not limit the alternatives to what was used") {
  const CapabilityReport report = report_on(
      {need_of({"NET_RAW", "SYS_ADMIN"}), {.sets = {set_of({"NET_RAW"})}, .use = CapabilityUse::attempted}});

  CHECK(finding_on(report, kRaw).alternatives == set_of({"SYS_ADMIN"}));
}

TEST_CASE("a call that needs one of two and then one of these gives one line of evidence") {
  const CapabilityReport report = report_on(
      {{.sets = {set_of({"DAC_OVERRIDE"}), set_of({"DAC_OVERRIDE", "DAC_READ_SEARCH"})}, .on = "/srv/a"}});

  CHECK(report.recommended == set_of({"DAC_OVERRIDE"}));
  CHECK(finding_on(report, kOverride).evidence == std::vector<std::string>{"/bin/app: bind, /srv/a"});
  CHECK(finding_on(report, kOverride).alternatives == 0);
  CHECK(finding_on(report, kReadSearch).what == CapabilityClass::alternative);
}

TEST_CASE("a line of evidence tells program, call, what it was about and how often, over all runs") {
  const CapabilitySet bind = set_of({"NET_BIND_SERVICE"});
  const CapabilityReport report = report_on({{.sets = {bind}, .on = "port 80/tcp", .count = 2},
                                             {.sets = {bind}, .on = "port 80/tcp", .count = 3, .run = "r-2"},
                                             {.sets = {bind}, .on = "port 80/tcp", .executable = "x-2"},
                                             {.sets = {bind}, .on = ""}});

  CHECK(report.runs == 2);
  CHECK(finding_on(report, kBind).evidence == std::vector<std::string>{"/bin/app: bind",
                                                                       "/bin/app: bind, port 80/tcp, 5 times",
                                                                       "/bin/helper: bind, port 80/tcp"});
}

TEST_CASE("evidence of the kernel's own checks tells the function that asks, where it is known") {
  const CapabilityUse use = GENERATE(CapabilityUse::checked, CapabilityUse::opportunistic);
  const CapabilityReport report = report_on({{.sets = {set_of({"SYS_ADMIN"})}, .use = use, .on = "may_mount"},
                                             {.sets = {set_of({"SYS_ADMIN"})}, .use = use, .on = ""}});

  CHECK(finding_on(report, kAdmin).evidence ==
        std::vector<std::string>{"/bin/app: bind, where the kernel asks",
                                 "/bin/app: bind, where the kernel asks in may_mount"});
}

TEST_CASE("a call without a name is told by its number") {
  Recording recording = recording_of({});
  recording.capabilities[{{Arch::i386, 9999}, CapabilityUse::checked, {set_of({"SYS_ADMIN"})}, "f"}][{"r-1", "x-1"}]
      .count = 1;

  CHECK(finding_on(report_on(recording), kAdmin).evidence ==
        std::vector<std::string>{"/bin/app: call 9999 of i386, where the kernel asks in f"});
}

TEST_CASE("what nothing needs any more once the workload serves is needed at start-up only") {
  const auto is_startup_only = [](std::map<std::string, std::uint64_t> phases) {
    const Need need{.sets = {set_of({"CHOWN"})}, .phases = std::move(phases)};
    return finding_on(report_on_serving({need}), kChown).only_at_startup;
  };

  CHECK(is_startup_only({{"startup", 1}}));
  CHECK_FALSE(is_startup_only({{"startup", 1}, {"serving", 1}}));
  CHECK_FALSE(is_startup_only({{"serving", 1}}));
  CHECK_FALSE(is_startup_only({}));
}

TEST_CASE("where no run gets beyond its start-up, nothing is said of it") {
  const Need need{.sets = {set_of({"CHOWN"})}, .phases = {{"startup", 1}}};

  CHECK_FALSE(finding_on(report_on({need}), kChown).only_at_startup);
}

TEST_CASE("a need of another run, call or kind that comes later is one, too") {
  const Need early{.sets = {set_of({"CHOWN"})}, .phases = {{"startup", 1}}};
  const auto is_startup_only_with = [&](Need later) {
    later.sets = early.sets;
    later.phases = {{"serving", 1}};
    return finding_on(report_on_serving({early, later}), kChown).only_at_startup;
  };

  CHECK_FALSE(is_startup_only_with({.sets = {}, .run = "r-2"}));
  CHECK_FALSE(is_startup_only_with({.sets = {}, .call = "accept"}));
  CHECK_FALSE(is_startup_only_with({.sets = {}, .call = "write"}));
  CHECK_FALSE(is_startup_only_with({.sets = {}, .use = CapabilityUse::checked}));
  CHECK_FALSE(is_startup_only_with({.sets = {}, .use = CapabilityUse::declared, .call = "accept"}));
  CHECK(is_startup_only_with({.sets = {}, .use = CapabilityUse::opportunistic}));
  CHECK(is_startup_only_with({.sets = {}, .use = CapabilityUse::attempted, .call = "accept"}));
}

TEST_CASE("a run that was not watched for needs is refused, whatever is accepted") {
  Recording recording = recording_of({need_of({"CHOWN"})});
  recording.runs["r-2"] = watched_run();
  recording.runs["r-2"].privilege = std::nullopt;
  const Error refusal{ErrorCode::refused, "cannot tell which capabilities are needed",
                      "the run of 'app -d' was recorded without looking at that",
                      "record again with this version of snug, without --no-capabilities"};

  for (const auto incomplete : {IncompleteRuns::refused, IncompleteRuns::accepted}) {
    const auto report = report_capabilities(recording, incomplete);
    REQUIRE_FALSE(report);
    CHECK(report.error() == refusal);
  }
}

TEST_CASE("an incomplete run is refused, and on request a warning") {
  Recording recording = recording_of({need_of({"CHOWN"})});
  recording.runs["r-1"].incomplete_because = {"a task was lost", "events were lost"};

  const auto refused = report_capabilities(recording);
  const auto accepted = report_capabilities(recording, IncompleteRuns::accepted);

  REQUIRE_FALSE(refused);
  CHECK(refused.error() == Error{ErrorCode::refused, "cannot tell which capabilities are needed",
                                 "the run of 'app -d' is incomplete: a task was lost; events were lost",
                                 "record again, or accept that something may be missing with --allow-incomplete"});
  REQUIRE(accepted);
  CHECK(accepted->recommended == set_of({"CHOWN"}));
  CHECK(accepted->warnings == std::vector<std::string>{"a task was lost", "events were lost"});
}

TEST_CASE("the workload is root's only where every run began as root") {
  Recording recording = recording_of({});
  CHECK(report_on(recording).as_root);

  recording.runs["r-2"] = watched_run();
  recording.runs["r-2"].privilege->uid = 101;
  CHECK_FALSE(report_on(recording).as_root);
}

TEST_CASE("programs that gained privilege in any run are told") {
  Recording recording = recording_of({});
  recording.runs["r-1"].privilege->gains = {"/bin/su"};
  recording.runs["r-2"] = watched_run();
  recording.runs["r-2"].privilege->gains = {"/bin/ping", "/bin/su"};

  const CapabilityReport report = report_on(recording);

  CHECK(report.new_privileges == NewPrivileges::gained);
  CHECK(report.gaining == std::set<std::string>{"/bin/ping", "/bin/su"});
}

TEST_CASE("what was not judged is a warning, told once") {
  Recording recording = recording_of({});
  recording.runs["r-1"].privilege->unjudged_because = {"b was not judged"};
  recording.runs["r-2"] = recording.runs["r-1"];
  recording.runs["r-3"] = watched_run();
  recording.runs["r-3"].privilege->unjudged_because = {"a was not judged"};

  CHECK(report_on(recording).warnings == std::vector<std::string>{"a was not judged", "b was not judged"});
}

TEST_CASE("a tracer that keeps programs from gaining privilege is a warning, unless they could gain none anyway") {
  Recording recording = recording_of({});
  recording.runs["r-1"].tracer.privileged = false;
  CHECK(report_on(recording).warnings ==
        std::vector<std::string>{
            "a tracer without privilege keeps programs from gaining any: what they would need was not seen"});

  recording.runs["r-1"].privilege->no_new_privileges = true;
  CHECK(report_on(recording).warnings.empty());
}

TEST_CASE("what the runs had is what any was permitted or could get") {
  Recording recording = recording_of({});
  recording.runs["r-1"].privilege->permitted = set_of({"CHOWN"});
  recording.runs["r-1"].privilege->bounding = set_of({"KILL"});
  recording.runs["r-2"] = watched_run();
  recording.runs["r-2"].privilege->bounding = set_of({"NET_RAW"});

  CHECK(report_on(recording).had == set_of({"CHOWN", "KILL", "NET_RAW"}));
}

TEST_CASE("all that an outcome may hang on is suspected, and nothing that was lacked") {
  const Recording recording =
      recording_of({need_of({"DAC_OVERRIDE", "DAC_READ_SEARCH"}), need_of({"CHOWN"}, CapabilityUse::declared),
                    need_of({"SYS_ADMIN"}, CapabilityUse::checked), need_of({"NET_RAW"}, CapabilityUse::attempted),
                    need_of({"KILL"}, CapabilityUse::probe), need_of({"SETUID"}, CapabilityUse::opportunistic)});

  CHECK(suspected_capabilities(recording) == set_of({"DAC_OVERRIDE", "DAC_READ_SEARCH", "CHOWN", "SYS_ADMIN"}));
  CHECK(suspected_capabilities({}) == 0);
}

TEST_CASE("what a user namespace owns can be governed in it, and the machine cannot") {
  for (const char* const name : {"CHOWN", "SETUID", "NET_BIND_SERVICE", "NET_ADMIN", "SYS_CHROOT", "SYS_ADMIN",
                                 "SYS_BOOT", "CHECKPOINT_RESTORE"})
    CHECK(works_in_user_namespace(capability_number(name).value()));
  for (const char* const name : {"SYS_MODULE", "SYS_TIME", "MKNOD", "SYS_RAWIO", "SYSLOG", "BPF", "AUDIT_CONTROL"})
    CHECK_FALSE(works_in_user_namespace(capability_number(name).value()));
  CHECK_FALSE(works_in_user_namespace(kCapabilities));
}

TEST_CASE("who restricts itself needs nothing for it where no program may gain privilege") {
  Need filter = need_of({"SYS_ADMIN"});
  filter.call = "seccomp";
  filter.on = "a seccomp filter without no_new_privs";
  Recording recording = recording_of({filter});

  const CapabilityReport spared = report_on(recording);
  CHECK(spared.recommended == 0);
  CHECK(finding_on(spared, kAdmin).what == CapabilityClass::alternative);

  recording.runs["r-1"].privilege->gains = {"/bin/su"};
  CHECK(report_on(recording).recommended == set_of({"SYS_ADMIN"}));
}

TEST_CASE("a recording without runs tells nothing") {
  const auto report = report_capabilities(Recording{});

  REQUIRE_FALSE(report);
  CHECK(report.error().code == ErrorCode::refused);
  CHECK(report.error().because == "the recording has no runs");
}

TEST_CASE("every class has its name") {
  CHECK(name_of(CapabilityClass::required) == "required");
  CHECK(name_of(CapabilityClass::tolerated) == "tolerated");
  CHECK(name_of(CapabilityClass::unused) == "unused");
}
