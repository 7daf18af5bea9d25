// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "snug/arch.hpp"

// What systemd calls things in unit files (systemd.exec(5), systemd.unit(5)).
namespace snug {

// The ABI's name in SystemCallArchitectures=, e.g. "x86-64"; empty for unknown.
std::string_view systemd_name_of(Arch arch);

// The ABI of that name, if snug has a table for it; "native" is none.
std::optional<Arch> arch_of_systemd_name(std::string_view name);

// Whether systemd knows an ABI of that name for which snug has no table.
bool is_other_systemd_arch(std::string_view name);

// What systemd 252 puts into the group @default, which it adds to every list of allowed calls.
std::span<const std::string_view> systemd_default_group();

}  // namespace snug
