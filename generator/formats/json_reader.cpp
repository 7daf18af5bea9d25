// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/json_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace snug {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestExcerpt = 40;

// Where byte `offset` of `text` stands, as editors count: from 1, columns in bytes.
std::string position(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0: the first line
  return fmt::format("line {}, column {}", line, before.size() - line_begin + 1);
}

}  // namespace

Result<Json> JsonReader::parse(std::string_view text) const try {
  return Json::parse(text);
} catch (const Json::parse_error& exception) {
  // `byte` counts from 1 and is one past the text where the text ends too early.
  const std::size_t offset = exception.byte > 0 ? exception.byte - 1 : 0;
  const std::string_view kind = offset >= text.size() ? "the text ends before the JSON does" : "this is not JSON";
  return error(fmt::format("{}: {}", position(text, offset), kind), "restore the file, or generate it again");
}

JsonPlace JsonReader::member(const JsonPlace& object, std::string_view key) {
  const std::string path = object.path.empty() ? std::string(key) : fmt::format("{}.{}", object.path, key);
  if (!object) return {nullptr, path};
  if (!object.value->is_object()) {
    expect(object, "an object");
    return {nullptr, path};
  }
  const auto found = object.value->find(std::string(key));
  if (found == object.value->end() || found->is_null()) return {nullptr, path};
  return {&*found, path};
}

std::vector<JsonPlace> JsonReader::elements(const JsonPlace& list) {
  std::vector<JsonPlace> places;
  if (!list) return places;
  if (!list.value->is_array()) {
    expect(list, "a list");
    return places;
  }
  for (const Json& element : *list.value)
    places.push_back({&element, fmt::format("{}[{}]", list.path, places.size())});
  return places;
}

std::string JsonReader::text(const JsonPlace& place) {
  if (!place) return {};
  if (place.value->is_string()) return place.value->get<std::string>();
  expect(place, "a string");
  return {};
}

std::vector<std::string> JsonReader::texts(const JsonPlace& list) {
  std::vector<std::string> result;
  for (const JsonPlace& element : elements(list)) result.push_back(text(element));
  return result;
}

std::uint64_t JsonReader::number(const JsonPlace& place) {
  if (!place) return 0;
  if (place.value->is_number_unsigned()) return place.value->get<std::uint64_t>();
  expect(place, "a whole number from 0 to 18446744073709551615");
  return 0;
}

void JsonReader::reject(const JsonPlace& place, std::string_view because, std::string_view remedy) {
  if (problem_) return;
  const std::string_view path = place.path.empty() ? "the document" : std::string_view(place.path);
  problem_ = error(fmt::format("{} {}", path, because), remedy);
}

Error JsonReader::error(std::string because, std::string_view remedy) const {
  return {ErrorCode::bad_input, what_, std::move(because), std::string(remedy)};
}

void JsonReader::expect(const JsonPlace& place, std::string_view kind) {
  std::string found = place.value->dump(-1, ' ', true, Json::error_handler_t::replace);
  if (found.size() > kLongestExcerpt) found = found.substr(0, kLongestExcerpt) + "...";
  reject(place, fmt::format("must be {}, not {}", kind, found), fmt::format("write {} there", kind));
}

}  // namespace snug
