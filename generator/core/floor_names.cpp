// SPDX-License-Identifier: Apache-2.0
// Runtimes and inits as users name them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "generator/core/floor_request.hpp"
#include "generator/core/runtime_versions.hpp"

namespace snug {

namespace {

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t end = text.find(','); end != std::string_view::npos; end = text.find(',')) {
    words.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  words.push_back(text);
  return words;
}

const Floor* floor_named(const std::vector<Floor>& floors, FloorRole role, std::string_view name) {
  const auto found =
      std::ranges::find_if(floors, [&](const Floor& floor) { return floor.role == role && floor.name == name; });
  return found == floors.end() ? nullptr : &*found;
}

Error unknown_name(const std::vector<Floor>& floors, FloorRole role, std::string_view name) {
  const std::string_view kind = role == FloorRole::runtime ? "container runtime" : "init";
  std::vector<std::string> known;
  for (const Floor& floor : floors)
    if (floor.role == role) known.push_back(floor.name);
  return {ErrorCode::usage, fmt::format("no floor is known for the {} \"{}\"", kind, name),
          fmt::format("those that were measured are {}", fmt::join(known, ", ")),
          "name one of these, or several with commas between them"};
}

Error no_version(std::string_view runtime, std::string_view version) {
  return {ErrorCode::usage, fmt::format("cannot take \"{}\" for a version of {}", version, runtime),
          "a version begins with numbers and dots between them",
          fmt::format("write it as '{0} --version' does, for example {0}@1.2.3", runtime)};
}

// Every version that some entry of the floor was measured on, from the oldest to the newest.
std::vector<std::string> measured_versions(const Floor& floor) {
  std::vector<std::string> versions;
  for (const FloorEntry& entry : floor.entries)
    versions.insert(versions.end(), entry.versions.begin(), entry.versions.end());
  std::ranges::sort(versions, is_older);
  return versions;
}

// Chooses the version itself or the nearest that was measured.
void choose(ChosenRuntimes& chosen, const Floor& floor, std::string version) {
  const auto measured = measured_versions(floor);
  const auto stand_in = [&](std::string_view nearest, std::string_view than, std::string_view most) {
    chosen.warnings.push_back(fmt::format("{} {} is {} than {}, the {} that was measured, whose calls are taken",
                                          floor.name, version, than, nearest, most));
    version = nearest;
  };
  if (!measured.empty() && is_older(version, measured.front())) stand_in(measured.front(), "older", "oldest");
  if (!measured.empty() && is_older(measured.back(), version)) stand_in(measured.back(), "newer", "newest");
  chosen.runtimes.push_back({floor.name, std::move(version)});
}

}  // namespace

Result<ChosenRuntimes> parse_runtimes(std::string_view text, const std::vector<Floor>& floors) {
  ChosenRuntimes chosen;
  for (const std::string_view word : words_of(text)) {
    const std::string_view name = word.substr(0, word.find('@'));
    const Floor* const floor = floor_named(floors, FloorRole::runtime, name);
    if (floor == nullptr) return unknown_name(floors, FloorRole::runtime, name);
    if (name == word) {
      chosen.runtimes.push_back({floor->name, {}});
      continue;
    }
    const std::string_view version = word.substr(name.size() + 1);
    if (!is_version(version)) return no_version(name, version);
    choose(chosen, *floor, std::string(version));
  }
  return chosen;
}

Result<std::set<std::string>> parse_inits(std::string_view text, const std::vector<Floor>& floors) {
  std::set<std::string> inits;
  for (const std::string_view word : words_of(text)) {
    if (floor_named(floors, FloorRole::init, word) == nullptr) return unknown_name(floors, FloorRole::init, word);
    inits.emplace(word);
  }
  return inits;
}

}  // namespace snug
