// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "generator/core/meaning.hpp"
#include "snug/profile.hpp"
#include "snug/result.hpp"

// The smallest change of a profile that lets more calls through.
namespace snug {

// A call that a profile must allow: with these arguments, or with any.
struct Need {
  CallId call;
  Arguments arguments{};
  bool any_arguments = false;

  auto operator<=>(const Need&) const = default;
};

// The registers of a call, by bit, that the profile's rules for it look at: what tells one Need from another.
std::uint8_t telling_registers(const Profile& profile, CallId call);

// `profile` with as little more allowed as its own rules can say. Where it allows a call with some arguments only,
// further values of just these arguments are let through; where a rule denies it, the call leaves that rule; and an
// ABI that it does not list is added. A share of socketcall or ipc is allowed by its own name. Errors: unsupported
// for a call without a name, and for what rules cannot say.
Result<Profile> amended(const Profile& profile, const std::vector<Need>& needs);

}  // namespace snug
