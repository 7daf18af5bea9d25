// SPDX-License-Identifier: Apache-2.0
#include "generator/core/floor.hpp"

#include <algorithm>

#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

const FloorEntry& entry_of(std::string_view runtime, std::string_view version, FloorPhase phase,
                           bool no_new_privileges) {
  for (const Floor& floor : shipped_floors())
    for (const FloorEntry& entry : floor.entries)
      if (floor.runtime == runtime && entry.phase == phase && entry.no_new_privileges == no_new_privileges &&
          std::find(entry.versions.begin(), entry.versions.end(), version) != entry.versions.end())
        return entry;
  FAIL("no such entry");
  return shipped_floors().front().entries.front();
}

constexpr std::string_view kFloorText = R"({"schema": "snug.floor/1", "runtime": "youki", "entries": [
    {"kind": "measured", "versions": ["0.5.0"], "phase": "exec", "no_new_privileges": true, "calls": ["accept4", "close"],
     "tolerated": ["uname"], "source": "by hand"},
    {"kind": "margin", "phase": "start", "no_new_privileges": false, "calls": ["exit"], "source": "by judgement"}]})";

}  // namespace

TEST_CASE("the program carries the floors of crun and runc") {
  REQUIRE(shipped_floors().size() == 2);
  CHECK(shipped_floors()[0].runtime == "crun");
  CHECK(shipped_floors()[1].runtime == "runc");
}

TEST_CASE("every call of a shipped floor is an x86_64 call and stands in order") {
  for (const Floor& floor : shipped_floors())
    for (const FloorEntry& entry : floor.entries) {
      CHECK(std::is_sorted(entry.calls.begin(), entry.calls.end()));
      for (const std::string& name : entry.calls) CHECK(syscall_number(Arch::x86_64, name));
    }
}

TEST_CASE("crun with no_new_privileges calls almost nothing after the filter is loaded") {
  CHECK(entry_of("crun", "1.8.1", FloorPhase::start, true).calls == std::vector<std::string>{"close", "execve"});
}

TEST_CASE("newer versions of runc open files with openat2") {
  const auto& older = entry_of("runc", "1.1.5", FloorPhase::start, true).calls;
  const auto& newer = entry_of("runc", "1.5.1", FloorPhase::start, true).calls;

  CHECK(std::find(older.begin(), older.end(), "openat2") == older.end());
  CHECK(std::find(newer.begin(), newer.end(), "openat2") != newer.end());
}

TEST_CASE("the floor is the union of all entries without what runtimes do without") {
  const auto calls = floor_calls(shipped_floors(), Arch::x86_64);

  for (const std::string name : {"capset", "execve", "fchown", "openat2", "setresuid", "statx"})
    CHECK(calls.contains(name));
  for (const std::string name : {"fsopen", "fsmount", "open_tree", "mmap2", "mount"})
    CHECK_FALSE(calls.contains(name));
}

TEST_CASE("a runtime built for a 32-bit ABI calls the wide namesakes too") {
  const auto calls = floor_calls(shipped_floors(), Arch::arm);

  for (const std::string name : {"fcntl64", "fstatat64", "mmap2", "setuid32", "futex_time64"})
    CHECK(calls.contains(name));
}

TEST_CASE("a floor file is read entry by entry") {
  const auto floor = parse_floor(kFloorText, "youki.json");

  REQUIRE(floor);
  CHECK(*floor ==
        Floor{"youki",
              {{FloorKind::measured, {"0.5.0"}, FloorPhase::exec, true, {"accept4", "close"}, {"uname"}, "by hand"},
               {FloorKind::margin, {}, FloorPhase::start, false, {"exit"}, {}, "by judgement"}}});
}

TEST_CASE("a floor file of another schema is refused") {
  const auto floor = parse_floor(R"({"schema": "snug.floor/2"})", "youki.json");

  REQUIRE_FALSE(floor);
  CHECK(floor.error() == Error{ErrorCode::bad_input, "cannot use the runtime floor youki.json",
                               "its schema is \"snug.floor/2\"",
                               "write it in the form snug.floor/1, as profiles/floor does"});
}

TEST_CASE("a floor file that is broken or lacks something is refused") {
  for (const std::string_view text :
       {"", "{", "[]", R"({"schema": "snug.floor/1"})",
        R"({"schema": "snug.floor/1", "runtime": "youki", "entries": [{"kind": "measured"}]})"})
    CHECK_FALSE(parse_floor(text, "youki.json"));
}
