// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace snug {

// Whether profiles may name a call so: any ABI that snug has a table for has it, or one of those that only OCI
// knows.
bool is_call_name(std::string_view name);

}  // namespace snug
