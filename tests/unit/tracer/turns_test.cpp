// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/turns.hpp"

#include <algorithm>
#include <set>

#include "tests/support/catch.hpp"

using snug::tracer::Turns;

namespace {

std::vector<std::optional<pid_t>> take(Turns& turns, std::size_t count) {
  std::vector<std::optional<pid_t>> taken(count);
  std::generate(taken.begin(), taken.end(), [&] { return turns.next(); });
  return taken;
}

}  // namespace

TEST_CASE("with one task it is always anybody's turn") {
  Turns turns;
  turns.join(100);

  CHECK(take(turns, 3) == std::vector<std::optional<pid_t>>(3));
}

TEST_CASE("each of several tasks has its turn by name, before and after it is anybody's") {
  Turns turns;
  for (const pid_t tid : {100, 101, 100}) turns.join(tid);

  const auto taken = take(turns, 12);

  CHECK(taken.at(0) == 100);
  CHECK(taken.at(1) == 101);
  CHECK(std::count(taken.begin() + 2, taken.begin() + 10, std::nullopt) == 8);
  CHECK(taken.at(10) == 100);
  CHECK(taken.at(11) == 101);
}

TEST_CASE("who leaves has no turn any more, and takes nobody's") {
  Turns turns;
  for (const pid_t tid : {100, 101, 102}) turns.join(tid);

  for (const pid_t tid : {100, 103}) turns.leave(tid);

  const auto taken = take(turns, 2);
  CHECK(std::set(taken.begin(), taken.end()) == std::set<std::optional<pid_t>>{101, 102});
}
