// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "generator/core/entry.hpp"
#include "generator/core/evidence.hpp"
#include "snug/arch.hpp"

namespace snug {

// Which calls are let in on account of what another machine's libraries would do.
struct Portability {
  bool clocks = true;    // clock_calls()
  bool siblings = true;  // siblings_of() what was seen

  bool operator==(const Portability&) const = default;
};

// What the workload and its surroundings need.
struct Needs {
  const Evidence& evidence;
  std::set<std::string> runtime_calls;  // the runtime floor
  std::vector<Arch> recorded;           // the ABIs of the runs
  std::vector<Arch> further;            // ABIs to be predicted
  Portability portability;
  bool has_threads = false;  // a process had several
};

// Decides which names are allowed, and why. Names that none of the ABIs has are left out: they could do nothing.
Entries allowed_calls(const Needs& needs);

}  // namespace snug
