// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/lines.hpp"

#include <algorithm>

namespace snug {

namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n";

// What stands before the first of `ends`, which is taken off `rest` with it.
std::string_view take_until(std::string_view& rest, std::string_view ends) {
  const std::size_t length = std::min(rest.find_first_of(ends), rest.size());
  const std::string_view taken = rest.substr(0, length);
  rest.remove_prefix(std::min(length + 1, rest.size()));
  return taken;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) - begin + 1);
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = trimmed(take_until(text, "\n"));
    if (!line.empty()) lines.push_back({number, line});
  }
  return lines;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::string_view word = take_until(text, kWhiteSpace);
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

}  // namespace snug
