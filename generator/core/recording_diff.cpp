// SPDX-License-Identifier: Apache-2.0
#include "generator/core/recording_diff.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>

#include "snug/syscalls.hpp"

namespace snug {
namespace {

std::string name_of(const SyscallKey& key) {
  const auto name = syscall_name(key.arch, key.number);
  return name ? std::string(*name) : fmt::format("number {}", key.number);
}

// The innermost frame whose function is known, else the innermost that lies in a file.
const Frame* telling_frame(const Stack& stack) {
  const auto named = std::ranges::find_if(stack.frames, [](const Frame& frame) { return !frame.symbol.empty(); });
  if (named != stack.frames.end()) return &*named;
  const auto mapped = std::ranges::find_if(stack.frames, [](const Frame& frame) { return !frame.object.empty(); });
  return mapped == stack.frames.end() ? nullptr : &*mapped;
}

// The earliest of all observations is what tells the stack, whatever order recordings were merged in.
using Earliest = std::tuple<std::string, std::uint64_t, RunId>;

// A call that is known on one ABI is new on another.
std::vector<CallSeen> only_in(const Recording& recording, const Recording& other) {
  const auto evidence = evidence_by_name(recording);
  std::map<std::string, std::vector<Arch>> archs;
  for (const auto& [key, observations] : recording.syscalls)
    if (!other.syscalls.contains(key)) archs[name_of(key)].push_back(key.arch);
  std::vector<CallSeen> seen;
  for (const auto& [name, where] : archs) seen.push_back({name, where, evidence.at(name)});
  return seen;
}

using Arguments = std::map<std::pair<std::string, std::string>, ArgumentValues>;

Arguments arguments_of(const Recording& recording) {
  Arguments all;
  for (const auto& [key, observations] : recording.syscalls) {
    for (const auto& [where, observation] : observations) {
      for (const auto& [argument, seen] : observation.arguments) {
        ArgumentValues& values = all[{name_of(key), argument}];
        values.values.insert(seen.values.begin(), seen.values.end());
        values.many = values.many || seen.many;
      }
    }
  }
  return all;
}

// Nothing when the values are known, or too many to tell.
std::optional<NewValues> new_values(const ArgumentValues& before, const ArgumentValues& after) {
  if (before.many) return std::nullopt;
  NewValues added{.name = {}, .argument = {}, .values = {}, .many = after.many};
  if (!after.many)
    std::ranges::set_difference(after.values, before.values, std::inserter(added.values, added.values.end()));
  if (added.values.empty() && !added.many) return std::nullopt;
  return added;
}

}  // namespace

std::map<std::string, CallEvidence> evidence_by_name(const Recording& recording) {
  std::map<std::string, CallEvidence> all;
  std::map<std::string, Earliest> earliest;
  for (const auto& [key, observations] : recording.syscalls) {
    const std::string name = name_of(key);
    CallEvidence& evidence = all[name];
    for (const auto& [where, observation] : observations) {
      const Run& run = recording.runs.at(where.first);
      evidence.count += observation.count;
      evidence.executables.insert(recording.executables.at(where.second).path);
      evidence.commands.insert(fmt::format("{}", fmt::join(run.command, " ")));
      const Earliest when{run.started, observation.first.elapsed_ms, where.first};
      const Frame* const frame = telling_frame(observation.first.stack);
      if (frame == nullptr || (earliest.contains(name) && earliest[name] <= when)) continue;
      earliest[name] = when;
      evidence.function = frame->symbol;
      evidence.object = frame->object;
    }
  }
  return all;
}

RecordingDiff diff(const Recording& before, const Recording& after) {
  RecordingDiff found{.added = only_in(after, before),
                      .removed = only_in(before, after),
                      .values = {},
                      .capabilities = diff_capabilities(before, after)};
  const Arguments earlier = arguments_of(before);
  for (const auto& [which, values] : arguments_of(after)) {
    const auto known = earlier.find(which);
    if (known == earlier.end()) continue;
    auto added = new_values(known->second, values);
    if (!added) continue;
    std::tie(added->name, added->argument) = which;
    found.values.push_back(std::move(*added));
  }
  return found;
}

}  // namespace snug
