// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "generator/core/answers.hpp"
#include "generator/core/meaning.hpp"

// What a filter really does with every call, told from the filter alone.
namespace snug {

using Program = std::vector<sock_filter>;

// The filters that a process is under, the latest first. The kernel runs all of them.
using FilterStack = std::vector<Program>;

// What becomes of one call: more than one verdict where that depends on its arguments.
struct CallSurface {
  std::uint32_t number = 0;
  std::string name;
  std::set<Verdict> verdicts;

  // Whether it is carried out, at least with some arguments.
  bool is_reachable() const;
  bool depends_on_arguments() const { return verdicts.size() > 1; }
};

// What becomes of the calls of one ABI that the kernel's table has.
struct AbiSurface {
  Arch arch = Arch::unknown;
  std::vector<CallSurface> calls;     // by number
  std::set<Verdict> beyond;           // what becomes of numbers that the table does not have
  std::optional<Verdict> everything;  // where every call of the ABI gets the same

  std::size_t count_reachable() const;
  std::size_t count_dependent() const;  // of the reachable ones those for which it depends on arguments
};

AbiSurface surface_of(const FilterStack& filters, Arch arch);

// What becomes of one call with these arguments: the prevailing answer of all filters, kill_process where one of
// them is none that the kernel would load.
Verdict outcome_of(const FilterStack& filters, CallId id, const Arguments& arguments);

}  // namespace snug
