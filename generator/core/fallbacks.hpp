// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace snug {

// Whether libraries try the call first and replace it by older ones when it fails with ENOSYS, and often only then:
// denied with EPERM, thread creation, file access or the like would fail instead.
bool has_fallback(std::string_view name);

}  // namespace snug
