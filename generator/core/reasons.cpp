// SPDX-License-Identifier: Apache-2.0
#include "generator/core/reasons.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "snug/syscalls.hpp"

namespace snug {

namespace {

void add_evidence(Reasons& reasons, const Recording& recording) {
  for (const auto& [key, observations] : recording.syscalls) {
    const auto name = syscall_name(key.arch, key.number);
    const auto found = name ? reasons.find(std::string(*name)) : reasons.end();
    if (found == reasons.end()) continue;
    found->second.count += total_count(observations);
    for (const auto& [where, observation] : observations)
      found->second.executables.insert(recording.executables.at(where.second).path);
  }
}

std::string text_of(const std::map<std::string, std::string>& texts, const std::string& call) {
  const auto found = texts.find(call);
  return found == texts.end() ? std::string{} : found->second;
}

std::string describe(Origin origin, const Reason& reason) {
  switch (origin) {
    case Origin::observed:
      return fmt::format("observed {} {} by {}", reason.count, reason.count == 1 ? "time" : "times",
                         fmt::join(reason.executables, ", "));
    case Origin::always:
      return "every process";
    case Origin::floor:
      return "the container runtime";
    case Origin::clock:
      return "clocks that the vDSO does not serve everywhere";
    case Origin::sibling:
      return fmt::format("what other libraries use for {}", fmt::join(reason.entry.siblings, ", "));
    case Origin::predicted: {
      std::vector<std::string_view> archs;
      for (const Arch arch : reason.entry.predicted) archs.push_back(name_of(arch));
      return fmt::format("predicted for {}", fmt::join(archs, ", "));
    }
  }
  return {};
}

}  // namespace

Reasons reasons_of(const Recording& recording, const Generated& generated) {
  Reasons reasons;
  for (const auto& [call, entry] : generated.allowed) {
    reasons[call] = {.entry = entry,
                     .count = 0,
                     .executables = {},
                     .without = text_of(generated.arguments.gains, call),
                     .whole_because = text_of(generated.arguments.whole, call)};
  }
  add_evidence(reasons, recording);
  return reasons;
}

std::string describe(const Reason& reason) {
  std::vector<std::string> parts;
  for (const Origin origin : reason.entry.origins) parts.push_back(describe(origin, reason));
  if (!reason.without.empty()) parts.push_back(fmt::format("without {}", reason.without));
  if (!reason.whole_because.empty())
    parts.push_back(fmt::format("with any arguments, since {}", reason.whole_because));
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace snug
