// SPDX-License-Identifier: Apache-2.0
#include "generator/core/evidence.hpp"

#include <sched.h>

#include <algorithm>

#include "snug/syscalls.hpp"

namespace snug {

namespace {

void add(NamedEvidence& evidence, const Observation& observation) {
  evidence.count += observation.count;
  const auto absent = observation.errors.find("ENOSYS");
  if (absent != observation.errors.end()) evidence.absent += absent->second;
}

}  // namespace

Evidence evidence_of(const Recording& recording) {
  Evidence evidence;
  for (const auto& [key, observations] : recording.syscalls) {
    const auto name = syscall_name(key.arch, key.number);
    if (!name) {
      evidence.nameless.push_back({key, total_count(observations)});
      continue;
    }
    for (const auto& [run_and_executable, observation] : observations)
      add(evidence.named[std::string(*name)], observation);
  }
  return evidence;
}

bool is_always_absent(const NamedEvidence& evidence) {
  return evidence.count > 0 && evidence.absent == evidence.count;
}

bool shows_threads(const Recording& recording) {
  const auto is_of_thread = [](std::uint64_t flags) { return (flags & CLONE_THREAD) != 0; };
  for (const auto& [key, observations] : recording.syscalls) {
    const auto name = syscall_name(key.arch, key.number);
    if (name != "clone" && name != "clone3") continue;
    for (const auto& [where, seen] : observations) {
      const auto flags = seen.arguments.find("flags");
      if (flags == seen.arguments.end()) continue;
      if (flags->second.many || std::ranges::any_of(flags->second.values, is_of_thread)) return true;
    }
  }
  return false;
}

}  // namespace snug
