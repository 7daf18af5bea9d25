// SPDX-License-Identifier: Apache-2.0
#include "generator/core/recording_diff.hpp"

#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

// A recording of one run of one executable that made these calls of x86_64 once each.
Recording recording_of(const std::vector<std::string>& calls, const std::string& command = "tests") {
  Recording recording;
  const RunId run = "r-" + command;
  recording.runs[run].command = {command};
  recording.executables["x-1"].path = "/bin/" + command;
  for (const std::string& call : calls) {
    Observation& seen = recording.syscalls[{Arch::x86_64, *syscall_number(Arch::x86_64, call)}][{run, "x-1"}];
    seen.count = 1;
    seen.first.stack.frames = {{"", "", 1, ""}, {"/lib/libc.so.6", "", 2, call}};
  }
  return recording;
}

Observation& only_observation(Recording& recording, std::string_view call) {
  return recording.syscalls.at({Arch::x86_64, *syscall_number(Arch::x86_64, call)}).begin()->second;
}

}  // namespace

TEST_CASE("a recording does not differ from itself") {
  const Recording recording = recording_of({"read", "mount"});

  CHECK(diff(recording, recording).empty());
}

TEST_CASE("calls that only one recording has are told with who made them") {
  const auto found = diff(recording_of({"read", "write"}, "old"), recording_of({"read", "mount"}, "new"));

  REQUIRE(found.added.size() == 1);
  CHECK(found.added[0].name == "mount");
  CHECK(found.added[0].archs == std::vector{Arch::x86_64});
  CHECK(found.added[0].evidence == CallEvidence{1, {"/bin/new"}, {"new"}, "mount", "/lib/libc.so.6"});
  REQUIRE(found.removed.size() == 1);
  CHECK(found.removed[0].name == "write");
}

TEST_CASE("a call that is known on one ABI is new on another") {
  const Recording before = recording_of({"read"});
  Recording after = before;
  after.syscalls[{Arch::i386, *syscall_number(Arch::i386, "read")}] = after.syscalls.begin()->second;

  REQUIRE(diff(before, after).added.size() == 1);
  CHECK(diff(before, after).added[0].archs == std::vector{Arch::i386});
}

TEST_CASE("values of arguments that were not passed before are told") {
  Recording before = recording_of({"socket"});
  Recording after = before;
  only_observation(before, "socket").arguments["domain"].values = {1, 2};
  only_observation(after, "socket").arguments["domain"].values = {2, 16};
  const auto found = diff(before, after);

  REQUIRE(found.values.size() == 1);
  CHECK(found.values[0] == NewValues{"socket", "domain", {16}, false});
  CHECK(diff(after, before).values[0].values == std::set<std::uint64_t>{1});
}

TEST_CASE("too many values are news only after few") {
  Recording few = recording_of({"socket"});
  Recording many = few;
  only_observation(few, "socket").arguments["domain"].values = {1};
  only_observation(many, "socket").arguments["domain"].many = true;

  REQUIRE(diff(few, many).values.size() == 1);
  CHECK(diff(few, many).values[0].many);
  CHECK(diff(many, few).values.empty());
}

TEST_CASE("calls without a name are told by their number") {
  Recording after = recording_of({"read"});
  after.syscalls[{Arch::x86_64, 999}] = after.syscalls.begin()->second;

  CHECK(diff(recording_of({"read"}), after).added.at(0).name == "number 999");
}

TEST_CASE("the stack is that of the earliest call, whatever the order of merging") {
  Recording early = recording_of({"read"}, "early");
  Recording late = recording_of({"read"}, "late");
  early.runs.begin()->second.started = "2026-01-01T00:00:00.000000Z";
  late.runs.begin()->second.started = "2026-01-02T00:00:00.000000Z";
  only_observation(early, "read").first.stack.frames = {{"/lib/early.so", "", 2, "early_read"}};

  for (const Recording& merged : {merge(early, late), merge(late, early)})
    CHECK(evidence_by_name(merged).at("read").function == "early_read");
}
