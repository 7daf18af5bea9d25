// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "snug/recording.hpp"

namespace snug {

// What a recording says about one call name, over all runs, executables and ABIs.
struct NamedEvidence {
  std::uint64_t count = 0;   // how often it was entered
  std::uint64_t absent = 0;  // how many of these were watched until they failed with ENOSYS

  bool operator==(const NamedEvidence&) const = default;
};

// A call that profiles, which know only names, cannot speak of.
struct NamelessEvidence {
  SyscallKey key;
  std::uint64_t count = 0;

  bool operator==(const NamelessEvidence&) const = default;
};

struct Evidence {
  std::map<std::string, NamedEvidence> named;
  std::vector<NamelessEvidence> nameless;  // sorted by key

  bool operator==(const Evidence&) const = default;
};

Evidence evidence_of(const Recording& recording);

// Whether every single occurrence of a call was seen to fail with ENOSYS: then the workload already lives without
// it.
bool is_always_absent(const NamedEvidence& evidence);

// Whether some process had several threads, by the flags that clone and clone3 were called with.
bool shows_threads(const Recording& recording);

}  // namespace snug
