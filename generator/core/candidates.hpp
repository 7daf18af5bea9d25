// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "generator/core/reasons.hpp"
#include "snug/recording.hpp"

namespace snug {

// The calls of a profile, by whether it is worth trying to do without them.
struct Candidates {
  std::vector<std::string> doubtful;        // seen, and only ever seen to fail
  std::vector<std::string> others;          // seen
  std::map<std::string, std::string> held;  // seen, but allowed for another reason too: that, in words
  std::vector<std::string> unseen;          // not seen; a run without them would teach nothing

  bool operator==(const Candidates&) const = default;
};

// Sorts the calls that a profile permits by what `recording` saw, and by why `reasons` (those of a profile from it)
// let them in. What `keep` names is held by the user. Everything is sorted by name.
Candidates candidates_of(const Recording& recording, const Reasons& reasons, const std::set<std::string>& permitted,
                         const std::set<std::string>& keep);

}  // namespace snug
