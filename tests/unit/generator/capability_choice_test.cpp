// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <random>

#include "generator/core/capability_report.hpp"
#include "tests/support/capability_sets.hpp"
#include "tests/support/catch.hpp"

using namespace snug;
using snug::test::set_of;

namespace {

bool is_met(const CapabilityNeed& need, CapabilitySet set) {
  return std::ranges::all_of(need, [&](CapabilitySet any) { return (any & set) != 0; });
}

// Up to 5 sets of up to 4 members.
CapabilityNeed random_need(std::mt19937& engine) {
  CapabilityNeed need;
  for (auto sets = engine() % 6; sets > 0; --sets) {
    CapabilitySet any = 0;
    for (auto members = 1 + engine() % 4; members > 0; --members)
      any |= CapabilitySet{1} << (engine() % 12 + (engine() % 2) * 20);
    need.insert(any);
  }
  return need;
}

}  // namespace

TEST_CASE("the set that meets needs is met by every need, and none of it can be left out") {
  std::mt19937 engine(7);
  for (int round = 0; round < 3000; ++round) {
    const CapabilityNeed need = random_need(engine);
    const CapabilitySet set = least_set(need);
    CAPTURE(round, names_of(set));

    CHECK(is_met(need, set));
    for (unsigned number = 0; number < kCapabilities; ++number)
      if (has(set, number)) CHECK_FALSE(is_met(need, set & ~(CapabilitySet{1} << number)));
  }
}

TEST_CASE("a choice that a later one makes needless is taken back") {
  CHECK(least_set({}) == 0);
  CHECK(least_set({set_of({"CHOWN", "SYS_ADMIN"}), set_of({"SYS_ADMIN"})}) == set_of({"SYS_ADMIN"}));
  CHECK(least_set({set_of({"CHOWN", "KILL"}), set_of({"KILL", "NET_RAW"}), set_of({"NET_RAW", "CHOWN"})}) ==
        set_of({"KILL", "NET_RAW"}));
}
