// SPDX-License-Identifier: Apache-2.0
#include "generator/core/floor.hpp"

#include <algorithm>
#include <utility>

#include "generator/core/runtime_versions.hpp"
#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

const FloorEntry& entry_of(std::string_view runtime, std::string_view version, FloorPhase phase,
                           bool no_new_privileges) {
  for (const Floor& floor : shipped_floors())
    for (const FloorEntry& entry : floor.entries)
      if (floor.name == runtime && entry.phase == phase && entry.no_new_privileges == no_new_privileges &&
          std::find(entry.versions.begin(), entry.versions.end(), version) != entry.versions.end())
        return entry;
  FAIL("no such entry");
  return shipped_floors().front().entries.front();
}

constexpr std::string_view kFloorText = R"({"schema": "snug.floor/1", "runtime": "youki", "entries": [
    {"kind": "measured", "versions": ["0.5.0"], "range": {"from": "0.5.0", "until": "0.6"}, "phase": "exec",
     "no_new_privileges": true, "calls": ["accept4", "close"], "required": ["close"], "tolerated": ["uname"],
     "source": "by hand"},
    {"kind": "margin", "phase": "start", "no_new_privileges": false, "calls": ["exit"], "source": "by judgement"}]})";

constexpr std::string_view kInitText = R"({"schema": "snug.floor/1", "init": "dumb-init", "entries": [
    {"kind": "measured", "versions": ["1.2.5"], "range": {"from": "1.2.5"}, "calls": ["wait4"], "source": "by hand"}]})";

}  // namespace

TEST_CASE("the program carries the floors of two runtimes and two inits") {
  std::vector<std::pair<std::string, FloorRole>> carried;
  for (const Floor& floor : shipped_floors()) carried.emplace_back(floor.name, floor.role);

  CHECK(carried == std::vector<std::pair<std::string, FloorRole>>{{"crun", FloorRole::runtime},
                                                                  {"runc", FloorRole::runtime},
                                                                  {"catatonit", FloorRole::init},
                                                                  {"tini", FloorRole::init}});
}

TEST_CASE("every call of a shipped floor is an x86_64 call and stands in order") {
  for (const Floor& floor : shipped_floors())
    for (const FloorEntry& entry : floor.entries) {
      CHECK(std::is_sorted(entry.calls.begin(), entry.calls.end()));
      for (const std::string& name : entry.calls) CHECK(syscall_number(Arch::x86_64, name));
    }
}

TEST_CASE("a shipped entry speaks for every version that it was measured on") {
  for (const Floor& floor : shipped_floors())
    for (const FloorEntry& entry : floor.entries)
      for (const std::string& version : entry.versions) CHECK(is_within(version, *entry.range));
}

TEST_CASE("what a shipped entry requires is among its calls") {
  for (const Floor& floor : shipped_floors())
    for (const FloorEntry& entry : floor.entries) CHECK(std::ranges::includes(entry.calls, entry.required));
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

TEST_CASE("a floor file is read entry by entry") {
  const auto floor = parse_floor(kFloorText, "youki.json");

  REQUIRE(floor);
  const FloorEntry measured{.kind = FloorKind::measured,
                            .versions = {"0.5.0"},
                            .range = VersionRange{"0.5.0", "0.6"},
                            .phase = FloorPhase::exec,
                            .no_new_privileges = true,
                            .calls = {"accept4", "close"},
                            .required = {"close"},
                            .tolerated = {"uname"},
                            .source = "by hand"};
  FloorEntry margin;
  margin.kind = FloorKind::margin;
  margin.calls = {"exit"};
  margin.source = "by judgement";
  CHECK(*floor == Floor{"youki", FloorRole::runtime, {measured, margin}});
}

TEST_CASE("an init's floor has neither phase nor privileges") {
  const auto floor = parse_floor(kInitText, "dumb-init.json");

  REQUIRE(floor);
  CHECK(floor->name == "dumb-init");
  CHECK(floor->role == FloorRole::init);
  REQUIRE(floor->entries.size() == 1);
  CHECK(floor->entries.front().calls == std::vector<std::string>{"wait4"});
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
       {"", "{", "[]", R"({"schema": "snug.floor/1"})", R"({"schema": "snug.floor/1", "entries": []})",
        R"({"schema": "snug.floor/1", "runtime": "youki", "entries": [{"kind": "measured"}]})"})
    CHECK_FALSE(parse_floor(text, "youki.json"));
}
