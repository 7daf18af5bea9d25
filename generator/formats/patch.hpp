// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace snug {

// What turns the file `path` from `before` into `after`, as patch(1) and git apply(1) take it: a unified diff with
// three lines of context. Empty when they are equal.
std::string render_patch(std::string_view before, std::string_view after, std::string_view path);

}  // namespace snug
