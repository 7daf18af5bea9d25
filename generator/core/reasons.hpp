// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "generator/core/generate.hpp"
#include "snug/recording.hpp"

namespace snug {

// Everything there is to say on why a call is allowed, and how.
struct Reason {
  Entry entry;
  std::uint64_t count = 0;            // how often the recording saw it
  std::set<std::string> executables;  // the paths of those that made it
  std::string without;                // what its conditions keep out; empty when it is allowed whole
  std::string whole_because;          // why it has no conditions though one would expect some; empty otherwise

  bool operator==(const Reason&) const = default;
};

using Reasons = std::map<std::string, Reason>;  // by the call's name

// Of every allowed call.
Reasons reasons_of(const Recording& recording, const Generated& generated);

// The reason in words, e.g. "observed 12 times by /usr/sbin/nginx; the container runtime".
std::string describe(const Reason& reason);

}  // namespace snug
