// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "generator/core/entry.hpp"
#include "generator/core/evidence.hpp"
#include "snug/profile.hpp"

namespace snug {

// How a call fails that the profile does not name: as on a kernel that lacks it, or as forbidden. Of calls that it
// does name, some fail the other way.
enum class ErrnoForm : std::uint8_t { enosys, eperm };

// The verdict on everything that no rule names.
Verdict default_verdict_of(ErrnoForm form);

// The rules for calls that are not allowed. ENOSYS for those that libraries can do without, that were only ever
// seen to fail so, or that every program must expect to be missing since they are young; EPERM for those that
// engines refuse on purpose. What an engine's default verdict is then does not matter to them: Docker before 23
// knows only EPERM, and runc gives ENOSYS to every number above the greatest that a profile names.
std::vector<Rule> denials(const Evidence& evidence, const Entries& allowed, const std::vector<Arch>& archs,
                          ErrnoForm form);

}  // namespace snug
