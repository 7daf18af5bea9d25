// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <string>
#include <vector>

#include "snug/profile.hpp"
#include "snug/result.hpp"

namespace snug {

// What a compiled filter does with calls that are not allowed.
enum class Denials : std::uint8_t {
  enforced,  // the profile's verdict, by the kernel alone
  traced,  // SECCOMP_RET_TRACE with the verdict's code (snug/verdict_code.hpp), for a tracer to carry out; logging
           // counts as not allowing, and so does a call of an ABI the profile does not list
};

// The filter as runc and crun have libseccomp build it: the host's own ABI is always part of it, rules that repeat
// the default verdict and names that this machine's libseccomp does not know are skipped, a rule that names an
// argument twice is one rule per condition. Errors: bad_input for rules that contradict each other or that
// libseccomp cannot express, unsupported for an ABI it does not know, io when the kernel gives no memory.
Result<std::vector<sock_filter>> compile(const Profile& profile, Denials denials);

// The filter behind what runc puts before it (enosys_stub.hpp); the same filter for profiles that get no stub.
Result<std::vector<sock_filter>> compile_as_runc(const Profile& profile, Denials denials);

// The names in rules that this machine's libseccomp cannot resolve and that container runtimes built on it
// therefore drop, so that the calls meet the default verdict instead; sorted.
std::vector<std::string> names_unknown_to_libseccomp(const Profile& profile);

// libseccomp's number for an ABI (SCMP_ARCH_*); 0 for one that it does not know.
std::uint32_t libseccomp_token_of(Arch arch);

}  // namespace snug
