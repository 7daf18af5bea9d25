// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "snug/result.hpp"

// Which of the calls that a workload makes it can do without, found by running it without some of them. What is
// said of calls holds for anything that can be taken away by name: snug caps searches capabilities so.
namespace snug {

using CallNames = std::set<std::string>;

// How the workload fared without some calls.
struct Trial {
  bool passed = false;
  std::string ending;  // in words, e.g. "exit status 1"
  CallNames denied;    // those of the missing calls that it made
};

// Where the search stands.
struct Step {
  std::size_t run = 0;   // its number, from 1
  std::size_t most = 0;  // that there will be, as things are
  CallNames missing;
  std::span<const std::string> tried;  // those of the missing calls that are not yet known to be removable
};

// Runs the workload without `step.missing`. Errors end the search.
using Attempt = std::function<Result<Trial>(const Step& step)>;

enum class Necessity : std::uint8_t {
  required,   // the workload failed twice without it
  tolerated,  // the workload passed without it and all the other tolerated ones
  flaky,      // it passed once and failed once: kept
  untried,    // the runs were used up before: kept
};

std::string_view name_of(Necessity necessity);

struct CallFinding {
  Necessity necessity = Necessity::untried;
  std::size_t trials = 0;  // runs without it
  bool attempted = false;  // whether any of these made the call
  std::string ending;      // how the run that decided ended; empty where none did

  bool operator==(const CallFinding&) const = default;
};

struct MinimizeRequest {
  std::vector<std::string> doubtful;  // tried together first, since they are likely not needed
  std::vector<std::string> others;    // tried one by one
  std::size_t runs = 0;               // at most so many
};

struct Minimum {
  std::map<std::string, CallFinding> findings;
  CallNames removable;  // the tolerated ones
  std::size_t runs = 0;
};

// Begins and ends with runs that miss nothing, and confirms the result with two more. Doubtful calls are halved as
// long as they fail together. A call whose failure does not repeat is flaky. Errors: usage where `runs` is below
// kFewestRuns, refused where the workload fails with nothing missing: nothing can be learnt then, and what seemed
// to be learnt is worth nothing.
Result<Minimum> minimize(const MinimizeRequest& request, const Attempt& attempt);

inline constexpr std::size_t kFewestRuns = 8;

}  // namespace snug
