// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snug/result.hpp"

// The runtime floor: what a container runtime itself calls between loading the filter and running the container's
// program, and what an init wrapper calls, which runs under the filter. A profile without it keeps the container
// from starting.
namespace snug {

// What a floor is of: an OCI runtime, or an init that engines put before the container's program.
enum class FloorRole : std::uint8_t { runtime, init };

// Whether the process is the container's first or is brought in later (docker exec, a healthcheck).
enum class FloorPhase : std::uint8_t { start, exec };

// How a floor entry is known: seen in runs of exactly its versions, or added by judgement.
enum class FloorKind : std::uint8_t { measured, margin };

// The versions from one on, until before another or without end.
struct VersionRange {
  std::string from;
  std::optional<std::string> until;

  bool operator==(const VersionRange&) const = default;
};

struct FloorEntry {
  FloorKind kind = FloorKind::measured;
  std::vector<std::string> versions;     // that were measured; empty for margin
  std::optional<VersionRange> range;     // that the entry speaks for; every version without it
  FloorPhase phase = FloorPhase::start;  // of a runtime; says nothing in an init's floor
  bool no_new_privileges = false;        // likewise
  std::vector<std::string> calls;
  std::vector<std::string> required;   // those of the calls whose denial alone was seen to prevent the start
  std::vector<std::string> tolerated;  // tried too, but their denial does no harm
  std::string source;                  // how it was obtained, in words

  bool operator==(const FloorEntry&) const = default;
};

struct Floor {
  std::string name;
  FloorRole role = FloorRole::runtime;
  std::vector<FloorEntry> entries;

  bool operator==(const Floor&) const = default;
};

// Reads a floor file (profiles/schema/floor.schema.json). Errors: bad_input for anything else.
Result<Floor> parse_floor(std::string_view text, std::string_view source);

// The floors of profiles/floor: the runtimes by name, then the inits by name.
const std::vector<Floor>& shipped_floors();

inline constexpr std::string_view kFloorSchema = "snug.floor/1";

}  // namespace snug
