// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/phase.hpp"

#include <sys/prctl.h>

#include "tracer/core/phase_marker.hpp"

namespace snug::tracer {

bool mark_phase(std::string_view name) {
  const PhaseWords words = words_of_phase(name);
  return prctl(static_cast<int>(kPhaseMarker), words[0], words[1], words[2], words[3]) == 0;
}

}  // namespace snug::tracer
