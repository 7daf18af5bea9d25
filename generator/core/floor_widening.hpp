// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "generator/core/floor.hpp"

// What a measurement of one's own (scripts/measure-floor) adds to the floors there are.
namespace snug {

// How floors and a measurement differ in one situation; an init has only one.
struct FloorDifference {
  FloorPhase phase = FloorPhase::start;
  bool no_new_privileges = false;
  std::vector<std::string> missing;  // seen, and in no entry that speaks of the version; sorted
  std::vector<std::string> unseen;   // in an entry measured before that speaks of the version, and not seen; sorted

  bool operator==(const FloorDifference&) const = default;
};

// A difference for each situation that `measured` has, starts first; with nothing missing and nothing unseen too.
std::vector<FloorDifference> differences(const std::vector<Floor>& floors, const Floor& measured);

// The floors with the entries of `measured` beside their own, so that they cover what both do.
std::vector<Floor> widened(std::vector<Floor> floors, const Floor& measured);

}  // namespace snug
