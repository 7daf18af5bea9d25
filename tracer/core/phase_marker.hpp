// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tracer/core/stop.hpp"

// How a process of the workload tells its tracer that a phase begins: by a prctl(2) with an option that no kernel
// knows, whose other four arguments are the phase's name, so that no memory has to be read. The tracer makes it
// succeed, which is the answer that somebody listened.
namespace snug::tracer {

inline constexpr std::uint64_t kPhaseMarker = 0x736e7567;  // "snug"
using PhaseWords = std::array<std::uint64_t, 4>;

// Whether it is 1 to 32 letters, digits, dots, dashes and underscores.
bool is_phase_name(std::string_view name);

// The arguments behind the option, for a name that is one.
PhaseWords words_of_phase(std::string_view name);

// The phase that `call` begins, if it is such a prctl.
std::optional<std::string> phase_begun_by(const Call& call);

}  // namespace snug::tracer
