// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "generator/core/allowing.hpp"
#include "generator/core/argument_rules.hpp"
#include "generator/core/entry.hpp"
#include "generator/core/errno_design.hpp"
#include "generator/core/floor_request.hpp"
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
  FloorRequest containers = {};             // what the floor is of
  std::vector<Floor> measured_floors = {};  // of other versions or machines, by which the known ones are widened
  Incomplete incomplete = Incomplete::refused;
  Portability portability = {};
  ErrnoForm errno_form = ErrnoForm::enosys;
  ArgumentChoice arguments = ArgumentChoice::safe;
  std::vector<Arch> architectures = {};  // that the profile shall serve besides the recorded ones
};

// How many calls are allowed, each counted once, under the first of its origins.
using AllowedCounts = std::map<Origin, std::size_t>;

struct Generated {
  Profile profile;
  Entries allowed;
  AllowedCounts counts;
  ArgumentRules arguments;
  std::vector<Saving> savings;        // by deciding more about the containers
  std::vector<std::string> warnings;  // what the profile cannot say, in words
};

// The least profile under which the recorded workload runs again. Equal recordings give equal results, on any
// machine. Errors: refused when the recording is incomplete (unless accepted) or has no call that a profile could
// allow.
Result<Generated> generate(const Recording& recording, const GenerateOptions& options);

}  // namespace snug
