// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "snug/arch.hpp"
#include "snug/result.hpp"

// The runtime floor: what a container runtime itself calls between loading the filter and running the container's
// program. A profile without it keeps the container from starting.
namespace snug {

// Whether the process is the container's first or is brought in later (docker exec, a healthcheck).
enum class FloorPhase : std::uint8_t { start, exec };

// How a floor entry is known: seen in runs of exactly its versions, or added by judgement.
enum class FloorKind : std::uint8_t { measured, margin };

struct FloorEntry {
  FloorKind kind = FloorKind::measured;
  std::vector<std::string> versions;  // of the runtime; empty for margin
  FloorPhase phase = FloorPhase::start;
  bool no_new_privileges = false;
  std::vector<std::string> calls;
  std::vector<std::string> tolerated;  // tried too, but their denial does no harm
  std::string source;                  // how it was obtained, in words

  bool operator==(const FloorEntry&) const = default;
};

struct Floor {
  std::string runtime;
  std::vector<FloorEntry> entries;

  bool operator==(const Floor&) const = default;
};

// Reads a floor file (profiles/schema/floor.schema.json). Errors: bad_input for anything else.
Result<Floor> parse_floor(std::string_view text, std::string_view source);

// The floors of profiles/floor, by runtime name.
const std::vector<Floor>& shipped_floors();

// Every call of every entry of `floors`, as a runtime built for `host` makes them: 32-bit ABIs have some of them
// under other names.
std::set<std::string> floor_calls(const std::vector<Floor>& floors, Arch host);

inline constexpr std::string_view kFloorSchema = "snug.floor/1";

}  // namespace snug
