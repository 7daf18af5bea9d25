// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "snug/profile.hpp"
#include "snug/result.hpp"

namespace snug {

// Calls by name, each with one verdict: all that forms without conditions on arguments can say.
using PlainVerdicts = std::map<std::string, Verdict>;

// What the profile's rules say of each call, as libseccomp understands them: rules that repeat the default verdict
// count for nothing, and of several rules for one call the first one counts. Errors: bad_input, in the name of
// `form`, when a rule has conditions.
Result<PlainVerdicts> plain_verdicts(const Profile& profile, std::string_view form);

// The same calls by verdict.
std::map<Verdict, std::set<std::string>> names_by_verdict(const PlainVerdicts& verdicts);

// One rule for each verdict, names sorted.
std::vector<Rule> rules_of(const PlainVerdicts& verdicts);

}  // namespace snug
