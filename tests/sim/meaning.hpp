// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/seccomp.h>

#include <optional>
#include <string_view>

#include "snug/profile.hpp"

namespace snug::test {

// What a profile means for one call, read straight from its rules: a second opinion on what libseccomp compiles.
//   - A call of an ABI that is neither listed nor the host's own kills the thread.
//   - Rules that repeat the default verdict say nothing. Of the others, an unconditional one wins over those with
//     conditions, and the first of several wins.
//   - Where socket and System V IPC calls go through one multiplexer, a rule for one of them holds for its share of
//   the
//     multiplexer, unless a rule names that as a whole.
Verdict meaning_of(const Profile& profile, const seccomp_data& call);

// The call's name in its ABI, if it has one.
std::optional<std::string_view> name_of_call(const seccomp_data& call);

}  // namespace snug::test
