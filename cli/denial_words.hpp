// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/enforcement.hpp"

namespace snug::cli {

// "unshare", "getpid (i386)" where the ABI is not the machine's own, "number 999".
std::string words_for(const SyscallKey& call);

// What becomes of a call with that verdict: "failed with EPERM", "killed the process".
std::string fate_of(const Verdict& verdict);

// What happened, to whom and how often, and below that with which arguments, in which phases, and from where.
std::string describe_denial(const tracer::Denial& denial, const tracer::DenialEvidence& evidence);

// The same of a call that was let through: "new", how it ended.
std::string describe_new_call(const tracer::Denial& denial, const tracer::DenialEvidence& evidence);

}  // namespace snug::cli
