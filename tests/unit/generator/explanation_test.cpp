// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/explanation.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/generator/recordings.hpp"

using namespace snug;

namespace {

constexpr auto kShell = "x-0000000000000011";
constexpr auto kServer = "x-0000000000000012";
constexpr auto kEarly = "r-0000000000000001";
constexpr auto kLate = "r-0000000000000002";

SyscallKey key(std::string_view name) {
  return {Arch::x86_64, syscall_number(Arch::x86_64, name).value()};
}

Observation seen(std::uint64_t count, std::uint64_t elapsed_ms, std::string function, std::string object) {
  Observation observation{.count = count, .outcomes = count, .errors = {}, .first = {elapsed_ms, 7, {}}};
  observation.first.stack.frames = {{"/lib/libc.so.6", "", 16, ""},
                                    {std::move(object), "", 32, std::move(function)}};
  return observation;
}

Recording two_runs() {
  Recording recording;
  recording.runs[kEarly].started = "2026-01-01T00:00:00Z";
  recording.runs[kEarly].command = {"./first-test"};
  recording.runs[kLate].started = "2026-01-02T00:00:00Z";
  recording.runs[kLate].command = {"./second-test"};
  for (auto& [id, run] : recording.runs) run.host.arch = Arch::x86_64;
  recording.executables[kShell] = {"/bin/sh", ""};
  recording.executables[kServer] = {"/usr/bin/server", ""};
  recording.syscalls[key("getppid")][{kEarly, kShell}] = seen(1, 5, "job_control", "/bin/sh");
  recording.syscalls[key("read")][{kEarly, kShell}] = seen(2, 1, "input", "/bin/sh");
  recording.syscalls[key("read")][{kLate, kServer}] = seen(4, 1, "receive", "/usr/bin/server");
  recording.syscalls[key("mount")][{kLate, kServer}] = seen(1, 9, "mount_it", "/lib/libfs.so");
  recording.syscalls[key("mount")][{kEarly, kServer}] = seen(2, 90, "mount_it", "/lib/libfs.so");
  recording.syscalls[key("mount")][{kEarly, kServer}].errors["EPERM"] = 2;
  return recording;
}

Explainer explainer_of(const Recording& recording) {
  auto explainer = Explainer::of(recording);
  REQUIRE(explainer);
  return *explainer;
}

}  // namespace

TEST_CASE("a call is explained by its users over all runs, with the earliest first time") {
  const Recording recording = two_runs();
  const auto calls = explainer_of(recording).call("mount");

  REQUIRE(calls.size() == 1);
  REQUIRE(calls[0].uses.size() == 1);
  const CallUse& use = calls[0].uses[0];
  CHECK(use.executable == "/usr/bin/server");
  CHECK(use.observed.count == 3);
  CHECK(use.observed.errors == std::map<std::string, std::uint64_t>{{"EPERM", 2}});
  CHECK(use.runs == std::set<RunId>{kEarly, kLate});
  CHECK(use.first_run == kEarly);
  CHECK(use.observed.first.elapsed_ms == 90);
  REQUIRE(calls[0].reason);
  CHECK(calls[0].reason->entry.origins.contains(Origin::observed));
  CHECK(calls[0].risk.capability == "CAP_SYS_ADMIN");
}

TEST_CASE("a call that nobody makes has no explanation") {
  const Recording recording = two_runs();

  CHECK(explainer_of(recording).call("unshare").empty());
}

TEST_CASE("a capability is explained by the calls that always need it") {
  const Recording recording = two_runs();
  const auto calls = explainer_of(recording).capability("CAP_SYS_ADMIN");

  REQUIRE(calls.size() == 1);
  CHECK(calls[0].name == "mount");
  CHECK(explainer_of(recording).capability("CAP_SYS_TIME").empty());
}

TEST_CASE(
    "a capability is explained by the calls that were seen to need it, and these by what they needed it for") {
  const Recording recording = test::RecordingBuilder()
                                  .saw(Arch::x86_64, "chown")
                                  .needed("CHOWN", "chown", "/srv")
                                  .needed("CHOWN", "chown", "", CapabilityUse::probe);
  const auto calls = explainer_of(recording).capability("CAP_CHOWN");

  REQUIRE(calls.size() == 1);
  CHECK(calls[0].name == "chown");
  CHECK(calls[0].needs == std::vector<std::string>{"used CAP_CHOWN: /bin/workload, /srv"});
  CHECK(explain_text(calls, recording, nullptr).find("  used CAP_CHOWN: /bin/workload, /srv\n") !=
        std::string::npos);
}

TEST_CASE("a program is explained by what would go away without it") {
  const Recording recording = two_runs();
  const Explainer explainer = explainer_of(recording);
  const auto server = explainer.program("server");

  REQUIRE(server);
  CHECK(server->paths == std::set<std::string>{"/usr/bin/server"});
  CHECK(server->calls == std::map<std::string, std::uint64_t>{{"mount", 3}, {"read", 4}});
  CHECK(server->alone == std::set<std::string>{"mount"});
  CHECK(std::ranges::find(server->gone, "mount") != server->gone.end());
  CHECK(std::ranges::find(server->gone, "read") == server->gone.end());
  CHECK(explainer.program("/usr/bin/server")->paths == server->paths);
  CHECK_FALSE(explainer.program("/bin/server"));
}

TEST_CASE("without its only program nothing that a profile allows is left") {
  const Recording recording = test::RecordingBuilder().saw(Arch::x86_64, "read");
  const auto program = explainer_of(recording).program("workload");

  REQUIRE(program);
  CHECK(std::ranges::find(program->gone, "read") != program->gone.end());
}

TEST_CASE("a library is explained by the first calls that lead through it") {
  const Recording recording = two_runs();
  const Explainer explainer = explainer_of(recording);

  CHECK(explainer.calls_through("libfs.so") ==
        std::vector<LibraryUse>{{"mount", "/usr/bin/server", "mount_it", 3}});
  CHECK(explainer.calls_through("/lib/libc.so.6").size() == 4);
  CHECK(explainer.calls_through("libnone.so").empty());
}

TEST_CASE("an explanation in words has who, when, where and why") {
  const Recording recording = two_runs();
  const Profile profile{{Action::fail, 1},
                        {Arch::x86_64},
                        {{{"mount"}, {Action::allow}, {{1, Comparison::masked_eq, 0xff, 2}}, ""},
                         {{"mount"}, {Action::allow}, {{0, Comparison::gt, 9}, {0, Comparison::eq, 1}}, ""}}};

  CHECK(explain_text(explainer_of(recording).call("mount"), recording, &profile) ==
        "mount (x86_64)\n"
        "  allowed by a generated profile: observed 3 times by /usr/bin/server\n"
        "  in the profile, rule 1: it is allowed when argument 1 & 0xff is 0x2\n"
        "  in the profile, rule 2: it is allowed when argument 0 is more than 0x9 or argument 0 is 0x1\n"
        "  powerful: it attaches file systems, the host's perhaps\n"
        "  Docker's default profile refuses it\n"
        "  fails without CAP_SYS_ADMIN\n"
        "  3 times by /usr/bin/server, in 2 of 2 runs\n"
        "    failed with EPERM: 2 of 3 watched\n"
        "    first after 0.090 s by process 7 of: ./first-test\n"
        "      from /lib/libc.so.6+0x10\n"
        "        by mount_it (/lib/libfs.so)\n");
  CHECK(rules_for(profile, "read") == std::vector<std::string>{"no rule names it: it fails with EPERM"});
}
