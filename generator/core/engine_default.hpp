// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <string>

#include "snug/arch.hpp"

namespace snug {

// The calls of `arch` that Docker's default profile (as of May 2026) allows to a container with Docker's default
// capabilities on Linux 4.8 or newer, some of them with some arguments only. For an ABI of 32 bits as on a host of
// 64, which applies the host's rules to it.
std::set<std::string, std::less<>> allowed_by_docker_default(Arch arch);

}  // namespace snug
