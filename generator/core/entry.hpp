// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "snug/arch.hpp"

namespace snug {

// Why a call is allowed, the strongest reason first: the recording has it, no process can do without it, a
// container runtime needs it, the vDSO makes it elsewhere, another library would use it for what was seen, an ABI
// that was not recorded needs it.
enum class Origin : std::uint8_t { observed, always, floor, clock, sibling, predicted };

// The origin's name in our files, e.g. "observed".
std::string_view name_of(Origin origin);

// One allowed call, with all its reasons.
struct Entry {
  std::set<Origin> origins;
  std::set<std::string> siblings;  // the calls that were seen, and do what it does elsewhere
  std::set<Arch> predicted;        // the ABIs that were not recorded and have it

  bool operator==(const Entry&) const = default;
};

using Entries = std::map<std::string, Entry>;  // by the call's name

}  // namespace snug
