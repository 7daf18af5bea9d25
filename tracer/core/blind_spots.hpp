// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "tracer/core/stop.hpp"

namespace snug::tracer {

// What a call may do to our sight of the workload. Which of it happens shows when the call returns.
enum class BlindSpot : std::uint8_t {
  none,
  own_filter,             // a seccomp filter of its own, which may refuse calls before ours sees them
  own_filter_everywhere,  // the same, on all threads of the process at once (SECCOMP_FILTER_FLAG_TSYNC)
  strict_mode,            // seccomp's strict mode, which a task that has a filter cannot enter
  birth,                  // a child, which CLONE_UNTRACED would hide from us
  tracing,                // tracing or being traced, which can happen only once to a task
};

BlindSpot blind_spot_of(const Call& call);

// Whether a call of the kind own_filter_everywhere that returned `result` has installed its filter: it may also
// name the thread that could not be brought along, or give a listener (seccomp(2),
// SECCOMP_FILTER_FLAG_TSYNC_ESRCH).
bool installed_everywhere(const Call& call, std::int64_t result);

// The CLONE_* flags of a clone or clone3, and where they stand.
struct BirthFlags {
  Arch arch = Arch::unknown;
  std::uint64_t value = 0;
  std::optional<std::uint64_t> address;  // in the task's memory; missing: in the register of clone's first argument

  bool operator==(const BirthFlags&) const = default;
};

// Nothing for other calls, or where the flags could not be read.
std::optional<BirthFlags> birth_flags_of(const Call& call);

// The flag that would keep a child from being traced as its parent is.
inline constexpr std::uint64_t kHidesChild = 0x00800000;  // CLONE_UNTRACED

}  // namespace snug::tracer
