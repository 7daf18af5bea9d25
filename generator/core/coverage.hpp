// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "snug/recording.hpp"

// How much of what a workload calls its recorded runs have shown (docs/completeness.md).
namespace snug {

// How often one call of one ABI was seen.
struct CallCoverage {
  SyscallKey call{Arch::unknown, 0};
  std::uint64_t runs = 0;   // that have it
  std::uint64_t count = 0;  // in all of them
  RunId only_run;           // where that is one run: which; else empty

  bool operator==(const CallCoverage&) const = default;
};

struct Coverage {
  std::uint64_t runs = 0;
  std::vector<CallCoverage> calls;  // by call

  bool operator==(const Coverage&) const = default;
};

Coverage coverage_of(const Recording& recording);

// What the runs tell of those that were not made, if these would be like them: independent, and of the same tests.
struct Estimate {
  std::uint64_t runs = 0;
  std::uint64_t calls = 0;
  std::uint64_t once = 0;          // calls that only one run has
  std::uint64_t telling_runs = 0;  // runs with a call that no other has
  double new_calls = 0;            // expected of one more run (Good and Turing)
  double chance = 0;               // that one more run has a new call: how many of these had one
  double chance_at_most = 0;       // the same, the upper end of its 95 % confidence interval (Clopper and Pearson)
  double unseen = 0;               // calls that no run has yet, at least (Chao's estimator for runs)
};

// Nothing for fewer than two runs, which tell nothing of others.
std::optional<Estimate> estimate(const Coverage& coverage);

// In one or two sentences.
std::string describe(const Estimate& estimate);

}  // namespace snug
