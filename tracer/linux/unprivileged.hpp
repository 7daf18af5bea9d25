// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "snug/capabilities.hpp"

namespace snug::tracer {

// As whom a file is asked for.
struct FileUser {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;
};

// While it lives, files answer the calling thread as they would that user without CAP_DAC_OVERRIDE and
// CAP_DAC_READ_SEARCH: the kernel itself then tells what owners, modes and access lists forbid. Other threads go on
// as they were. Where we may not act as that user, we stay who we are.
class Unprivileged {
 public:
  explicit Unprivileged(const FileUser& user);
  ~Unprivileged();
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  bool other_user_;
  bool other_group_;
  bool other_groups_;
};

}  // namespace snug::tracer
