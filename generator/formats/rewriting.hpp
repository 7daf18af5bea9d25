// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "snug/profile.hpp"
#include "snug/result.hpp"

namespace snug {

// What the file `source`, which holds `text` and so the profile `before`, is to hold so that it means `after`: in
// its own form, with whatever else it says. Errors: unsupported for a file that would lose something, since it was
// not written by snug or has rules for several hosts; as render().
Result<std::string> rewritten(std::string_view text, std::string_view source, const Profile& before,
                              const Profile& after);

}  // namespace snug
