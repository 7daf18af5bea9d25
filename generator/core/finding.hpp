// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace snug {

// A note is worth knowing, a warning is likely a mistake, an error makes the profile something else than it says.
enum class Severity : std::uint8_t { note, warning, error };

constexpr std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  return "error";
}

// Something about a profile or filter that its author should know.
struct Finding {
  Severity severity = Severity::note;
  std::string id;      // what kind it is, for tools: "shadowed-rule"
  std::string text;    // one sentence without its full stop
  std::string remedy;  // what to do; empty where nothing need be done

  auto operator<=>(const Finding&) const = default;
};

// The names as they are listed in a finding: at most `most` of them, and how many more there are.
std::string listed(const std::vector<std::string>& names, std::size_t most = 8);

}  // namespace snug
