// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/phase_marker.hpp"

#include <algorithm>
#include <cstring>

#include "snug/syscalls.hpp"

namespace snug::tracer {

bool is_phase_name(std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !name.empty() && name.size() <= sizeof(PhaseWords) &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

PhaseWords words_of_phase(std::string_view name) {
  PhaseWords words{};
  std::memcpy(words.data(), name.data(), std::min(name.size(), sizeof(words)));
  return words;
}

std::optional<std::string> phase_begun_by(const Call& call) {
  if (call.arguments[0] != kPhaseMarker || syscall_name(call.arch, call.number) != "prctl") return std::nullopt;
  std::string name(sizeof(PhaseWords), '\0');
  std::memcpy(name.data(), &call.arguments[1], name.size());
  name.resize(std::min(name.find('\0'), name.size()));
  if (!is_phase_name(name)) return std::nullopt;
  return name;
}

}  // namespace snug::tracer
