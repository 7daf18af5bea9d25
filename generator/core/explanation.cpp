// SPDX-License-Identifier: Apache-2.0
#include "generator/core/explanation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "snug/syscalls.hpp"

namespace snug {
namespace {

Result<Generated> generate_whatever(const Recording& recording) {
  return generate(recording, {.incomplete = Incomplete::accepted});
}

std::string name_of_call(const SyscallKey& call) {
  const auto name = syscall_name(call.arch, call.number);
  return name ? std::string(*name) : fmt::format("number {}", call.number);
}

bool is_file(std::string_view path, std::string_view which) {
  if (which.find('/') != std::string_view::npos) return path == which;
  return path.substr(path.rfind('/') + 1) == which;
}

void add(std::map<std::string, std::uint64_t>& sums, const std::map<std::string, std::uint64_t>& more) {
  for (const auto& [key, value] : more) sums[key] += value;
}

void add(std::map<std::string, ArgumentValues>& all, const std::map<std::string, ArgumentValues>& more) {
  for (const auto& [name, seen] : more) {
    ArgumentValues& values = all[name];
    values.many = values.many || seen.many;
    values.values.insert(seen.values.begin(), seen.values.end());
    if (values.many) values.values.clear();
  }
}

// When something was first seen, whatever order recordings were merged in.
std::tuple<std::string, std::uint64_t, RunId> moment(const Recording& recording, const RunId& run,
                                                     const FirstSeen& first) {
  return {recording.runs.at(run).started, first.elapsed_ms, run};
}

void add(CallUse& use, const Recording& recording, const RunId& run, const Observation& observed) {
  const bool is_earlier = use.runs.empty() || moment(recording, run, observed.first) <
                                                  moment(recording, use.first_run, use.observed.first);
  use.runs.insert(run);
  use.observed.count += observed.count;
  use.observed.outcomes += observed.outcomes;
  add(use.observed.errors, observed.errors);
  add(use.observed.phases, observed.phases);
  add(use.observed.arguments, observed.arguments);
  if (!is_earlier) return;
  use.first_run = run;
  use.observed.first = observed.first;
}

std::vector<CallUse> uses_of(const Recording& recording, const Observations& observations) {
  std::map<std::string, CallUse> by_path;
  for (const auto& [where, observed] : observations) {
    const std::string& path = recording.executables.at(where.second).path;
    CallUse& use = by_path[path];
    use.executable = path;
    add(use, recording, where.first, observed);
  }
  std::vector<CallUse> uses;
  uses.reserve(by_path.size());
  for (auto& [path, use] : by_path) uses.push_back(std::move(use));
  return uses;
}

Recording without(Recording recording, const std::set<ExecutableId>& executables) {
  for (auto& [call, observations] : recording.syscalls)
    std::erase_if(observations, [&](const auto& entry) { return executables.contains(entry.first.second); });
  std::erase_if(recording.syscalls, [](const auto& entry) { return entry.second.empty(); });
  return recording;
}

bool tells_of_need(CapabilityUse use) {
  return use != CapabilityUse::opportunistic && use != CapabilityUse::probe;
}

// "used CAP_CHOWN: /usr/bin/chown, /srv (uid 0, gid 0, mode 755)".
std::vector<std::string> needs_of(const Recording& recording, const SyscallKey& call) {
  std::set<std::string> lines;
  for (const auto& [key, evidences] : recording.capabilities) {
    if (key.call != call || !tells_of_need(key.use)) continue;
    std::vector<std::string> all;
    for (const CapabilitySet any : key.need) all.push_back(fmt::format("{}", fmt::join(names_of(any), " or ")));
    for (const auto& [where, evidence] : evidences)
      lines.insert(fmt::format("{} {}: {}{}{}", name_of(key.use), fmt::join(all, " and "),
                               recording.executables.at(where.second).path, key.on.empty() ? "" : ", ", key.on));
  }
  return {lines.begin(), lines.end()};
}

}  // namespace

Explainer::Explainer(const Recording& recording, Reasons reasons)
    : recording_(recording), reasons_(std::move(reasons)) {}

Result<Explainer> Explainer::of(const Recording& recording) {
  const auto generated = generate_whatever(recording);
  if (!generated) return generated.error();
  return Explainer(recording, reasons_of(recording, *generated));
}

std::vector<CallExplanation> Explainer::call(std::string_view name) const {
  std::vector<CallExplanation> explanations;
  for (const auto& [call, observations] : recording_.syscalls) {
    if (name_of_call(call) != name) continue;
    CallExplanation explanation{.name = std::string(name),
                                .call = call,
                                .uses = uses_of(recording_, observations),
                                .needs = needs_of(recording_, call),
                                .reason = std::nullopt,
                                .risk = {}};
    const auto reason = reasons_.find(explanation.name);
    if (reason != reasons_.end()) explanation.reason = reason->second;
    explanation.risk = risk_of(explanation.name, std::array{call.arch});
    explanations.push_back(std::move(explanation));
  }
  return explanations;
}

std::vector<CallExplanation> Explainer::capability(std::string_view capability) const {
  std::set<std::string> names;
  for (const auto& [call, observations] : recording_.syscalls) {
    const std::string name = name_of_call(call);
    if (risk_of(name, std::array{call.arch}).capability == capability) names.insert(name);
  }
  const CapabilitySet wanted = CapabilitySet{1} << capability_number(capability).value_or(0);
  for (const auto& [key, evidences] : recording_.capabilities) {
    const auto has_it = [&](CapabilitySet any) { return (any & wanted) != 0; };
    if (tells_of_need(key.use) && std::ranges::any_of(key.need, has_it)) names.insert(name_of_call(key.call));
  }
  std::vector<CallExplanation> explanations;
  for (const std::string& name : names)
    for (CallExplanation& explanation : call(name)) explanations.push_back(std::move(explanation));
  return explanations;
}

ProgramExplanation Explainer::describe(const std::set<ExecutableId>& ids) const {
  ProgramExplanation program;
  for (const ExecutableId& id : ids) program.paths.insert(recording_.executables.at(id).path);
  std::set<std::string> shared;
  for (const auto& [call, observations] : recording_.syscalls) {
    const std::string name = name_of_call(call);
    for (const auto& [where, observed] : observations) {
      if (ids.contains(where.second)) {
        program.calls[name] += observed.count;
      } else {
        shared.insert(name);
      }
    }
  }
  for (const auto& [name, count] : program.calls)
    if (!shared.contains(name)) program.alone.insert(name);
  return program;
}

std::optional<ProgramExplanation> Explainer::program(std::string_view which) const {
  std::set<ExecutableId> ids;
  for (const auto& [id, executable] : recording_.executables)
    if (is_file(executable.path, which)) ids.insert(id);
  if (ids.empty()) return std::nullopt;

  ProgramExplanation program = describe(ids);
  const auto rest = generate_whatever(without(recording_, ids));
  for (const auto& [name, reason] : reasons_)
    if (!rest || !rest->allowed.contains(name)) program.gone.push_back(name);
  return program;
}

std::vector<ProgramExplanation> Explainer::programs() const {
  std::map<std::string, std::set<ExecutableId>> by_path;
  for (const auto& [id, executable] : recording_.executables) by_path[executable.path].insert(id);
  std::vector<ProgramExplanation> all;
  all.reserve(by_path.size());
  for (const auto& [path, ids] : by_path) all.push_back(describe(ids));
  return all;
}

std::vector<LibraryUse> Explainer::calls_through(std::string_view which) const {
  std::map<std::tuple<std::string, std::string, std::string>, std::uint64_t> counts;
  for (const auto& [call, observations] : recording_.syscalls) {
    for (const auto& [where, observed] : observations) {
      const auto& frames = observed.first.stack.frames;
      const auto frame =
          std::ranges::find_if(frames, [&](const Frame& each) { return is_file(each.object, which); });
      if (frame == frames.end()) continue;
      const auto named = std::find_if(frame, frames.end(), [&](const Frame& each) {
        return is_file(each.object, which) && !each.symbol.empty();
      });
      const std::string function = named == frames.end() ? "" : named->symbol;
      counts[{name_of_call(call), recording_.executables.at(where.second).path, function}] += observed.count;
    }
  }
  std::vector<LibraryUse> uses;
  uses.reserve(counts.size());
  for (const auto& [key, count] : counts)
    uses.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), count});
  return uses;
}

}  // namespace snug
