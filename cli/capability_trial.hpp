// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "generator/core/minimizer.hpp"
#include "snug/capabilities.hpp"
#include "snug/result.hpp"
#include "tracer/linux/apart.hpp"
#include "tracer/linux/state_watcher.hpp"

namespace snug::cli {

// How a command fared with some capabilities, and what became of it and its files meanwhile.
struct CapabilityTrial {
  bool passed = false;  // status 0
  std::string ending;   // in words
  std::set<tracer::State> states;
};

// Runs the command, apart, as root with these capabilities and no others, and so that no program gains privilege
// where that is asked for. Errors: as follow_workload().
Result<CapabilityTrial> try_with(CapabilitySet capabilities, const std::vector<std::string>& command,
                                 const tracer::ApartOptions& options, bool no_new_privileges);

// Runs `engine run --cap-drop=ALL --cap-add=… COMMAND`, apart. What becomes of files and credentials in there is
// not seen. Errors: as follow_workload().
Result<CapabilityTrial> try_in_container(const std::string& engine, CapabilitySet capabilities,
                                         const std::vector<std::string>& command,
                                         const tracer::ApartOptions& options);

}  // namespace snug::cli
