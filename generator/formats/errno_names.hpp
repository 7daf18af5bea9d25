// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "snug/profile.hpp"

namespace snug {

// The errno of that name on this machine, e.g. 1 for "EPERM".
std::optional<std::uint16_t> errno_named(std::string_view name);

// The errno's name on this machine, or its digits where it has none.
std::string errno_text(std::uint16_t value);

// The verdict in words, e.g. "SCMP_ACT_ERRNO ENOSYS".
std::string verdict_text(const Verdict& verdict);

}  // namespace snug
