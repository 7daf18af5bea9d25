// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/errno_names.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "snug/verdict_code.hpp"

namespace snug {

std::optional<std::uint16_t> errno_named(std::string_view name) {
  if (name == "ENOTSUP") return EOPNOTSUPP;
  if (name == "EWOULDBLOCK") return EAGAIN;
  for (std::uint16_t value = 1; value <= kLargestErrno; ++value) {
    const char* candidate = strerrorname_np(value);
    if (candidate != nullptr && name == candidate) return value;
  }
  return std::nullopt;
}

std::string errno_text(std::uint16_t value) {
  const char* const name = value == 0 ? nullptr : strerrorname_np(value);
  return name != nullptr ? name : std::to_string(value);
}

std::string verdict_text(const Verdict& verdict) {
  const std::string_view action = name_of(verdict.action);
  const bool carries_errno = verdict.action == Action::fail || verdict.action == Action::trace;
  return carries_errno ? fmt::format("{} {}", action, errno_text(verdict.errno_value)) : std::string(action);
}

}  // namespace snug
