// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace snug {

// The call that a multiplexer stands for, by the number in its argument "call": socketcall's 1 is "socket"
// (socketcall(2), include/uapi/linux/net.h), ipc's 2 "semget" (ipc(2), include/uapi/linux/ipc.h). Empty for a
// number that means none, and for calls that are no multiplexers.
std::string_view subcall_name(std::string_view multiplexer, std::uint64_t number);

}  // namespace snug
