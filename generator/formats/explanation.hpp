// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "generator/core/explanation.hpp"
#include "snug/profile.hpp"

namespace snug {

// Explanations for people, and as JSON: {"schema": "snug.explanation/1", …}. With a profile, calls are told with
// the rules of it that speak of them.
std::string explain_text(const std::vector<CallExplanation>& calls, const Recording& recording,
                         const Profile* profile);
std::string explain_text(const ProgramExplanation& program);
std::string explain_text(const std::vector<ProgramExplanation>& programs);
std::string explain_text(const std::vector<LibraryUse>& uses);

std::string explain_json(const std::vector<CallExplanation>& calls, const Recording& recording,
                         const Profile* profile);
std::string explain_json(const ProgramExplanation& program);
std::string explain_json(const std::vector<ProgramExplanation>& programs);
std::string explain_json(const std::vector<LibraryUse>& uses);

// The rules of a profile that speak of a call, numbered from 1 in its order: "rule 2: is allowed when argument 0 &
// 0xffffffff is 0x1", or that none does.
std::vector<std::string> rules_for(const Profile& profile, const std::string& name);

}  // namespace snug
