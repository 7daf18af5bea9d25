// SPDX-License-Identifier: Apache-2.0
#include "generator/core/floor_widening.hpp"

#include "generator/core/floor_request.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/generator/floors.hpp"

using namespace snug;

namespace {

// What was measured on ox 1.5: one call more, and one of the two less.
Floor measured_ox() {
  return {"ox", FloorRole::runtime, {test::measured("1.5", {"1.5", {}}, {"capset", "futex", "getppid"})}};
}

std::set<std::string> calls_of(const std::vector<Floor>& floors, std::string name, std::string version) {
  FloorRequest request;
  request.runtimes = {{std::move(name), std::move(version)}};
  return floor_calls(floors, request, Arch::x86_64);
}

}  // namespace

TEST_CASE("a measurement is held against the entries that speak of its version, and margins are not missed") {
  CHECK(differences(test::small_floors(), measured_ox()) ==
        std::vector<FloorDifference>{{FloorPhase::start, false, {"getppid"}, {"chdir"}}});
}

TEST_CASE("every situation that was measured has its difference") {
  Floor measured = measured_ox();
  measured.entries.push_back(test::in_exec(test::confined(test::measured("1.5", {"1.5", {}}, {"umask"}))));

  CHECK(differences(test::small_floors(), measured) ==
        std::vector<FloorDifference>{{FloorPhase::start, false, {"getppid"}, {"chdir"}},
                                     {FloorPhase::exec, true, {}, {"execve"}}});
}

TEST_CASE("entries of one situation are held against the floors together") {
  const Floor measured{
      "calf",
      FloorRole::init,
      {test::measured("1.0", {"1.0", {}}, {"wait4"}), test::measured("1.0", {"1.0", {}}, {"mmap", "wait4"})}};

  CHECK(differences(test::small_floors(), measured) ==
        std::vector<FloorDifference>{{FloorPhase::start, false, {"mmap"}, {}}});
}

TEST_CASE("of a runtime without a floor everything is missing") {
  Floor measured = measured_ox();
  measured.name = "zebu";

  CHECK(differences(test::small_floors(), measured) ==
        std::vector<FloorDifference>{{FloorPhase::start, false, {"capset", "futex", "getppid"}, {}}});
}

TEST_CASE("a widened floor covers what was known and what was measured") {
  const auto before = calls_of(test::small_floors(), "ox", "1.5");
  auto expected = before;
  expected.insert("getppid");

  CHECK(calls_of(widened(test::small_floors(), measured_ox()), "ox", "1.5") == expected);
}

TEST_CASE("after widening nothing is missing") {
  const auto floors = widened(test::small_floors(), measured_ox());

  CHECK(differences(floors, measured_ox()).front().missing.empty());
}

TEST_CASE("widening makes another runtime known") {
  Floor measured = measured_ox();
  measured.name = "zebu";

  CHECK(parse_runtimes("zebu@1.5", widened(test::small_floors(), measured)));
  CHECK_FALSE(parse_runtimes("zebu@1.5", test::small_floors()));
}
