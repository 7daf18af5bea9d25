// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace snug {

// A floor file as it stands in profiles/floor, carried in the program.
struct FloorText {
  std::string_view path;
  std::string_view text;
};

std::span<const FloorText> shipped_floor_texts();

}  // namespace snug
