// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/printable.hpp"

#include <fmt/format.h>

namespace snug {

std::string printable(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    safe += code < 0x20 || code == 0x7f ? fmt::format("\\x{:02x}", code) : std::string(1, c);
  }
  return safe;
}

}  // namespace snug
