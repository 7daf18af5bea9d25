// SPDX-License-Identifier: Apache-2.0
#include "generator/core/floor_widening.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "generator/core/runtime_versions.hpp"

namespace snug {

namespace {

using Calls = std::set<std::string>;
using Situation = std::pair<FloorPhase, bool>;

Situation situation_of(const FloorEntry& entry) {
  return {entry.phase, entry.no_new_privileges};
}

void add_calls(Calls& calls, const FloorEntry& entry) {
  calls.insert(entry.calls.begin(), entry.calls.end());
}

// What was seen in one situation, and on which versions.
struct Sight {
  Calls calls;
  std::set<std::string> versions;
};

std::map<Situation, Sight> sights_of(const Floor& measured) {
  std::map<Situation, Sight> sights;
  for (const FloorEntry& entry : measured.entries) {
    Sight& sight = sights[situation_of(entry)];
    add_calls(sight.calls, entry);
    sight.versions.insert(entry.versions.begin(), entry.versions.end());
  }
  return sights;
}

bool speaks_of_any(const FloorEntry& entry, const std::set<std::string>& versions) {
  return !entry.range || std::ranges::any_of(versions, [&](const std::string& version) {
    return is_within(version, *entry.range);
  });
}

bool is_of_same(const Floor& left, const Floor& right) {
  return left.name == right.name && left.role == right.role;
}

std::vector<std::string> calls_only_in(const Calls& some, const Calls& others) {
  std::vector<std::string> only;
  std::ranges::set_difference(some, others, std::back_inserter(only));
  return only;
}

}  // namespace

std::vector<FloorDifference> differences(const std::vector<Floor>& floors, const Floor& measured) {
  std::vector<FloorDifference> found;
  for (const auto& [situation, sight] : sights_of(measured)) {
    Calls known, measured_before;
    for (const Floor& floor : floors) {
      if (!is_of_same(floor, measured)) continue;
      for (const FloorEntry& entry : floor.entries) {
        if (situation_of(entry) != situation || !speaks_of_any(entry, sight.versions)) continue;
        add_calls(known, entry);
        if (entry.kind == FloorKind::measured) add_calls(measured_before, entry);
      }
    }
    const auto [phase, no_new_privileges] = situation;
    found.push_back(
        {phase, no_new_privileges, calls_only_in(sight.calls, known), calls_only_in(measured_before, sight.calls)});
  }
  return found;
}

std::vector<Floor> widened(std::vector<Floor> floors, const Floor& measured) {
  const auto floor = std::ranges::find_if(floors, [&](const Floor& other) { return is_of_same(other, measured); });
  if (floor == floors.end()) {
    floors.push_back(measured);
  } else {
    floor->entries.insert(floor->entries.end(), measured.entries.begin(), measured.entries.end());
  }
  return floors;
}

}  // namespace snug
