// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "snug/profile.hpp"
#include "snug/recording.hpp"
#include "snug/result.hpp"

// From evidence to a profile.
namespace snug {

// Whether to add what container runtimes call themselves before the workload runs.
enum class FloorChoice : std::uint8_t { full, none };

// Whether a recording that missed something may become a profile.
enum class Incomplete : std::uint8_t { refused, accepted };

struct GenerateOptions {
  FloorChoice floor = FloorChoice::full;
  Incomplete incomplete = Incomplete::refused;
};

// Why a call is allowed: the recording has it, no process can do without it, a container runtime needs it.
enum class Origin : std::uint8_t { observed, always, floor };

// How many calls are allowed, each counted once, under the first of its origins.
struct AllowedCounts {
  std::size_t observed = 0;
  std::size_t always = 0;
  std::size_t floor = 0;

  std::size_t total() const { return observed + always + floor; }
  bool operator==(const AllowedCounts&) const = default;
};

struct Generated {
  Profile profile;
  std::map<std::string, std::set<Origin>> allowed;  // every allowed name with all its reasons
  AllowedCounts counts;
  std::vector<std::string> warnings;  // what the profile cannot say, in words
};

// The least profile under which the recorded workload runs again. Equal recordings give equal results, on any
// machine. Errors: refused when the recording is incomplete (unless accepted) or has no call that a profile could
// allow.
Result<Generated> generate(const Recording& recording, const GenerateOptions& options);

}  // namespace snug
