// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/refusal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace snug {

Error cannot_write_as(std::string_view form, std::string because, std::string remedy) {
  return {ErrorCode::bad_input, fmt::format("cannot write the profile as {}", form), std::move(because),
          std::move(remedy)};
}

Error cannot_use(std::string_view source, std::string because, std::string remedy) {
  return {ErrorCode::bad_input, fmt::format("cannot use the profile {}", source), std::move(because),
          std::move(remedy)};
}

std::string without_controls(std::string_view text) {
  std::string shown(text);
  std::replace_if(
      shown.begin(), shown.end(), [](char letter) { return letter < ' ' || letter > '~'; }, '?');
  return shown;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  return fmt::format("\"{}{}\"", without_controls(text.substr(0, kLongest)), text.size() > kLongest ? "..." : "");
}

}  // namespace snug
