// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace snug::cli {

// The number of a signal that is named as kill(1) does: "USR1", "SIGUSR1" or "10".
std::optional<int> signal_number(std::string name);

}  // namespace snug::cli
