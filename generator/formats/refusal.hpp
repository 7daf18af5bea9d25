// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "snug/result.hpp"

namespace snug {

// That `form`, e.g. "systemd settings", cannot say what a profile says.
Error cannot_write_as(std::string_view form, std::string because, std::string remedy);

// That the file `source` cannot be read as a profile.
Error cannot_use(std::string_view source, std::string because, std::string remedy);

// The text with '?' in place of what a terminal might obey.
std::string without_controls(std::string_view text);

// A piece of such text in quotation marks, cut short where it is long.
std::string in_quotes(std::string_view text);

}  // namespace snug
