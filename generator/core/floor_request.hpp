// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "generator/core/floor.hpp"
#include "snug/arch.hpp"
#include "snug/result.hpp"

// Which part of the runtime floor a profile needs.
namespace snug {

// A runtime as its command is called, and its version where that is decided.
struct RuntimeVersion {
  std::string name;
  std::optional<std::string> version;

  bool operator==(const RuntimeVersion&) const = default;
};

// How containers will be run under the profile. The less is decided, the more the floor has; by default it serves
// every runtime of which there is a floor.
struct FloorRequest {
  std::vector<RuntimeVersion> runtimes;  // none: all
  bool no_new_privileges = false;        // whether every process has it; without it a floor serves both
  bool exec = true;                      // whether processes are brought into a running container
  std::set<std::string> inits;           // what may stand before the container's program
};

// Runtimes as a user names them, and what is to be said of the versions.
struct ChosenRuntimes {
  std::vector<RuntimeVersion> runtimes;
  std::vector<std::string> warnings;

  bool operator==(const ChosenRuntimes&) const = default;
};

// Reads "runc,crun@1.8.1". A version older than any that was measured stands for the oldest, with a warning; so
// does a newer one for the newest. Errors: usage for a runtime without a floor and for what is no version.
Result<ChosenRuntimes> parse_runtimes(std::string_view text, const std::vector<Floor>& floors);

// Reads "tini,catatonit". Errors: usage for an init without a floor.
Result<std::set<std::string>> parse_inits(std::string_view text, const std::vector<Floor>& floors);

// What the requested runtimes and inits call, as those built for `host` do: other ABIs have some calls under other
// names, or others in their place.
std::set<std::string> floor_calls(const std::vector<Floor>& floors, const FloorRequest& request, Arch host);

// What a profile would no longer allow if one thing more were decided.
struct Saving {
  std::string choice;              // the option that decides it, as "--no-exec"
  std::vector<std::string> calls;  // sorted, never empty

  bool operator==(const Saving&) const = default;
};

// Every single choice that is left open by `request` and would make the floor smaller. Calls that are `needed`
// anyway are no saving.
std::vector<Saving> possible_savings(const std::vector<Floor>& floors, const FloorRequest& request,
                                     const std::set<std::string>& needed, Arch host);

}  // namespace snug
