// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace snug {

// Paths and commands come from recordings, which need not be ours: nothing in them may move a terminal's cursor or
// begin a line. Control characters become "\x1b" and the like.
std::string printable(std::string_view text);

}  // namespace snug
