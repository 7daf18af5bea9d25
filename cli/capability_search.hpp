// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "generator/core/capability_report.hpp"
#include "snug/result.hpp"
#include "tracer/linux/apart.hpp"

namespace snug::cli {

// How a command is run again and again, with fewer capabilities each time.
struct CapabilitySearch {
  std::vector<std::string> command;
  std::string engine;      // "docker" or "podman": what stands behind its "run" is the command; empty: no container
  CapabilitySet held = 0;  // all that can be taken away
  CapabilitySet suspected = 0;     // those that are likely to be needed: the others are tried together
  bool no_new_privileges = false;  // no program is to gain any
  std::size_t runs = 0;            // at most so many
  bool quiet = false;
  tracer::ApartOptions apart;
};

// Proves `report` by running the command without what it recommends, and without all else: afterwards its findings
// say what became of that. The outcome of a run is its status, and, outside of containers, what the runs with every
// capability all came to: a program that fails to give up a privilege may end well all the same. Errors: refused,
// where the command fails with all of them too, or fails again after a run that failed; usage, for too few runs.
Result<Done> prove(const CapabilitySearch& search, CapabilityReport& report);

}  // namespace snug::cli
