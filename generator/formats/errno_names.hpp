// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snug {

// The errno of that name on this machine, e.g. 1 for "EPERM".
std::optional<std::uint16_t> errno_named(std::string_view name);

// The errno's name on this machine, or its digits where it has none.
std::string errno_text(std::uint16_t value);

}  // namespace snug
