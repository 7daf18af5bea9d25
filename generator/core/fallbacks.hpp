// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace snug {

// Calls that libraries try first and replace by older ones when they fail with ENOSYS, and often only then: denied
// with EPERM, thread creation, file access or the like would fail instead. Sorted.
std::span<const std::string_view> calls_with_fallback();

}  // namespace snug
