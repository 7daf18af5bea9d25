// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "snug/capabilities.hpp"
#include "snug/result.hpp"

namespace snug::tracer {

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // the supplementary ones
};

// As whom a workload runs, where that is not as whom we do.
struct Identity {
  std::optional<User> user;
  // The most it can have. Root has all of them and another user none, as in a container; a program that gives
  // privilege can give no others.
  std::optional<CapabilitySet> capabilities;
};

// Makes the calling process, which has one thread, run so. It only makes system calls. False, with errno, where
// that is not permitted; some of it may have been done then.
bool assume(const Identity& identity);

// The user of that name or number, with ":GROUP" behind it as docker run has it, and with the groups of
// its name. Errors: usage, for what this machine does not know.
Result<User> find_user(const std::string& text);

}  // namespace snug::tracer
