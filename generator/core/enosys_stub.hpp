// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "generator/core/meaning.hpp"

namespace snug {

// What runc, from 1.0.0-rc93 on, puts before the filter for one ABI: calls whose numbers are above the largest that
// any rule names fail with ENOSYS, as on a kernel without them, whatever the default action. crun does no such
// thing.
struct EnosysStub {
  Arch arch = Arch::unknown;
  std::uint32_t largest = 0;         // the largest number that a rule names
  std::string largest_name;          // and its call
  std::vector<std::string> changed;  // the known calls above it, which meet the default verdict elsewhere

  bool operator==(const EnosysStub&) const = default;
};

// The stubs of a profile, by ABI: none where the default action is to allow, log or trace, or is ENOSYS already.
// `unknown` are calls that the runtime's libseccomp does not know.
std::vector<EnosysStub> enosys_stubs(const Profile& profile, const std::set<CallId>& unknown);

}  // namespace snug
