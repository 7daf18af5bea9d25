// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "generator/core/capability_diff.hpp"
#include "snug/recording.hpp"

namespace snug {

// Who made a call, according to a recording.
struct CallEvidence {
  std::uint64_t count = 0;
  std::set<std::string> executables;  // paths
  std::set<std::string> commands;     // of the runs, as words parted by blanks
  std::string function;  // the innermost named one on the stack of the earliest first call; may be empty
  std::string object;    // the file that it is in

  bool operator==(const CallEvidence&) const = default;
};

// By the call's name, over all ABIs; calls without a name as "number 999".
std::map<std::string, CallEvidence> evidence_by_name(const Recording& recording);

// One call that only one of two recordings has, on the ABIs where that is so. The evidence is of all ABIs.
struct CallSeen {
  std::string name;
  std::vector<Arch> archs;
  CallEvidence evidence;

  bool operator==(const CallSeen&) const = default;
};

// An argument that was passed in the later recording with values that the earlier one does not have.
struct NewValues {
  std::string name;      // of the call
  std::string argument;  // its name
  std::set<std::uint64_t> values;
  bool many = false;  // too many to have been kept; `values` is empty then

  bool operator==(const NewValues&) const = default;
};

struct RecordingDiff {
  std::vector<CallSeen> added;    // by name
  std::vector<CallSeen> removed;  // by name
  std::vector<NewValues> values;  // of calls that both have; by name
  CapabilityDiff capabilities;

  bool empty() const { return added.empty() && removed.empty() && values.empty() && capabilities.empty(); }
  bool operator==(const RecordingDiff&) const = default;
};

RecordingDiff diff(const Recording& before, const Recording& after);

}  // namespace snug
