// SPDX-License-Identifier: Apache-2.0
#include "generator/core/floor.hpp"

#include <fmt/format.h>

#include <cassert>
#include <nlohmann/json.hpp>
#include <utility>

#include "generator/core/floor_texts.hpp"

namespace snug {

namespace {

using Json = nlohmann::json;
using Names = std::vector<std::string>;

Names names_of(const Json& json, const char* key) {
  return json.contains(key) ? json.at(key).get<Names>() : Names{};
}

VersionRange range_of(const Json& json) {
  VersionRange range{json.at("from").get<std::string>(), std::nullopt};
  if (json.contains("until")) range.until = json.at("until").get<std::string>();
  return range;
}

FloorEntry entry_of(const Json& json, FloorRole role) {
  FloorEntry entry;
  entry.kind = json.at("kind").get<std::string>() == "measured" ? FloorKind::measured : FloorKind::margin;
  entry.versions = names_of(json, "versions");
  if (entry.kind == FloorKind::measured || json.contains("range")) entry.range = range_of(json.at("range"));
  if (role == FloorRole::runtime) {
    entry.phase = json.at("phase").get<std::string>() == "exec" ? FloorPhase::exec : FloorPhase::start;
    entry.no_new_privileges = json.at("no_new_privileges").get<bool>();
  }
  entry.calls = json.at("calls").get<Names>();
  entry.required = names_of(json, "required");
  entry.tolerated = names_of(json, "tolerated");
  entry.source = json.at("source").get<std::string>();
  return entry;
}

Floor floor_of(const Json& json) {
  Floor floor;
  floor.role = json.contains("init") ? FloorRole::init : FloorRole::runtime;
  floor.name = json.at(floor.role == FloorRole::init ? "init" : "runtime").get<std::string>();
  for (const Json& entry : json.at("entries")) floor.entries.push_back(entry_of(entry, floor.role));
  return floor;
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
  return floor_of(json);
} catch (const Json::exception& exception) {
  return unusable(source, exception.what());
}

const std::vector<Floor>& shipped_floors() {
  static const std::vector<Floor> floors = parse_shipped_floors();
  return floors;
}

}  // namespace snug
