// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "snug/result.hpp"

namespace snug::tracer {

using Texts = std::vector<std::string>;

// What a process of ours tells another through a pipe: texts, or why there are none.
std::string pack(const Result<Texts>& result);

// Reads what pack() made. `who` is who wrote it, for the message where that is cut off, or nothing at all.
Result<Texts> unpack(std::string_view packed, std::string_view who);

// Writes all of it, as far as anybody reads.
void write_all(int fd, std::string_view text);

}  // namespace snug::tracer
