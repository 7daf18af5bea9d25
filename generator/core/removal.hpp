// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "snug/profile.hpp"

// Taking calls out of a profile.
namespace snug {

// The names that some rule lets through, with or without conditions; not what the default verdict lets through.
std::set<std::string> permitted_names(const Profile& profile);

// The profile without rules that let `names` through. They then fail: with the default verdict's errno, and with
// ENOSYS where that verdict is not to fail, or where libraries try the call first and fall back on ENOSYS only.
Profile without(Profile profile, const std::set<std::string>& names);

}  // namespace snug
