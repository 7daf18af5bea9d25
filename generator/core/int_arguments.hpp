// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace snug {

// Whether the kernel takes that argument of the call as an int or unsigned int on ABIs with 64-bit registers, so
// that it ignores the register's upper half, while a filter sees all of it.
bool is_int_argument(std::string_view name, std::uint32_t index);

}  // namespace snug
