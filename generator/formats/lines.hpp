// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace snug {

struct Line {
  std::size_t number = 0;  // from 1
  std::string_view text;   // without white space at its ends
};

// The text without white space at its ends.
std::string_view trimmed(std::string_view text);

// The lines that hold anything.
std::vector<Line> lines_of(std::string_view text);

// The words of a line, between white space.
std::vector<std::string_view> words_of(std::string_view text);

}  // namespace snug
