// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>

#include "generator/core/proof.hpp"
#include "snug/result.hpp"

namespace snug {

// Compiles the profile as runc and crun do and runs the filter over every call of every ABI: whether it decides
// each as the profile means it. libseccomp does not always get rules that compare ranges right. Errors: those of
// compile(). A filter that decides something else is no Error: the report says so.
Result<ProofReport> prove(const Profile& profile);

// The calls of the profile's ABIs that snug has a number for and this machine's libseccomp has not, so that rules
// for them do nothing.
std::set<CallId> calls_unknown_to_libseccomp(const Profile& profile);

}  // namespace snug
