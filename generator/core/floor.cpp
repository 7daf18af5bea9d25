// SPDX-License-Identifier: Apache-2.0
#include "generator/core/floor.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "generator/core/floor_texts.hpp"
#include "snug/syscalls.hpp"

namespace snug {

namespace {

using Json = nlohmann::json;
using Names = std::vector<std::string>;

// What the floor's calls are called where registers have 32 bits.
constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kWideNames{{
    {"fchown", "fchown32"},
    {"fcntl", "fcntl64"},
    {"fstat", "fstat64"},
    {"fstatfs", "fstatfs64"},
    {"futex", "futex_time64"},
    {"getuid", "getuid32"},
    {"lseek", "_llseek"},
    {"mmap", "mmap2"},
    {"nanosleep", "clock_nanosleep_time64"},
    {"newfstatat", "fstatat64"},
    {"pselect6", "pselect6_time64"},
    {"select", "_newselect"},
    {"setgid", "setgid32"},
    {"setgroups", "setgroups32"},
    {"setresgid", "setresgid32"},
    {"setresuid", "setresuid32"},
    {"setuid", "setuid32"},
}};

FloorEntry entry_of(const Json& json) {
  FloorEntry entry;
  entry.kind = json.at("kind").get<std::string>() == "measured" ? FloorKind::measured : FloorKind::margin;
  if (json.contains("versions")) entry.versions = json.at("versions").get<Names>();
  entry.phase = json.at("phase").get<std::string>() == "exec" ? FloorPhase::exec : FloorPhase::start;
  entry.no_new_privileges = json.at("no_new_privileges").get<bool>();
  entry.calls = json.at("calls").get<Names>();
  if (json.contains("tolerated")) entry.tolerated = json.at("tolerated").get<Names>();
  entry.source = json.at("source").get<std::string>();
  return entry;
}

Error unusable(std::string_view source, std::string because) {
  return {ErrorCode::bad_input, fmt::format("cannot use the runtime floor {}", source), std::move(because),
          fmt::format("write it in the form {}, as profiles/floor does", kFloorSchema)};
}

std::vector<Floor> parse_shipped_floors() {
  std::vector<Floor> floors;
  for (const FloorText& shipped : shipped_floor_texts()) {
    Result<Floor> floor = parse_floor(shipped.text, shipped.path);
    assert(floor);
    floors.push_back(std::move(*floor));
  }
  return floors;
}

}  // namespace

Result<Floor> parse_floor(std::string_view text, std::string_view source) try {
  const Json json = Json::parse(text);
  const auto schema = json.at("schema").get<std::string>();
  if (schema != kFloorSchema) return unusable(source, fmt::format("its schema is \"{}\"", schema));

  Floor floor{json.at("runtime").get<std::string>(), {}};
  for (const Json& entry : json.at("entries")) floor.entries.push_back(entry_of(entry));
  return floor;
} catch (const Json::exception& exception) {
  return unusable(source, exception.what());
}

const std::vector<Floor>& shipped_floors() {
  static const std::vector<Floor> floors = parse_shipped_floors();
  return floors;
}

std::set<std::string> floor_calls(const std::vector<Floor>& floors, Arch host) {
  std::set<std::string> calls;
  for (const Floor& floor : floors)
    for (const FloorEntry& entry : floor.entries) calls.insert(entry.calls.begin(), entry.calls.end());

  // The 64-bit ABIs have none of the wide names, so this adds nothing there.
  for (const auto& [name, wide_name] : kWideNames)
    if (calls.contains(std::string(name)) && syscall_number(host, wide_name)) calls.emplace(wide_name);
  return calls;
}

}  // namespace snug
