// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "generator/core/capability_report.hpp"
#include "snug/capabilities.hpp"
#include "snug/recording.hpp"

namespace snug {

// What a workload needs of capabilities, as far as that is compared with what another needs.
struct CapabilityNeeds {
  CapabilitySet recommended = 0;
  std::map<unsigned, std::vector<std::string>> evidence;  // by capability; of the recommended ones
  std::optional<std::set<std::string>> gaining;           // the programs that gain privilege; nothing: not known
  std::set<std::string> warnings;                         // what makes it less than certain, in words

  bool operator==(const CapabilityNeeds&) const = default;
};

CapabilityNeeds needs_of(const CapabilityReport& report);

// A capability that is needed in the later of two only.
struct CapabilityAdded {
  unsigned number = 0;
  std::vector<std::string> evidence;  // as CapabilityFinding's

  bool operator==(const CapabilityAdded&) const = default;
};

struct CapabilityDiff {
  std::vector<CapabilityAdded> added;      // by number
  CapabilitySet removed = 0;               // needed in the earlier one only
  std::set<std::string> gaining;           // the programs that gain privilege in the later one only
  bool none_gained = false;                // in the earlier one no program did: no_new_privileges could be set
  std::set<std::string> doubts_of_before;  // the warnings that the other one does not share
  std::set<std::string> doubts_of_after;
  std::string not_compared;  // why nothing of all this is known, in words; empty: it is

  bool empty() const { return added.empty() && removed == 0 && gaining.empty(); }
  bool operator==(const CapabilityDiff&) const = default;
};

CapabilityDiff diff(const CapabilityNeeds& before, const CapabilityNeeds& after);

// Of incomplete recordings too. Nothing is compared where a run was recorded without looking at capabilities.
CapabilityDiff diff_capabilities(const Recording& before, const Recording& after);

}  // namespace snug
