// SPDX-License-Identifier: Apache-2.0
// Changes JSON as a tree, so that most of what the readers are given is JSON and its mistakes lie deep inside.
#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>
#include <string_view>
#include <vector>

namespace {

using Json = nlohmann::json;

void collect(Json& json, std::vector<Json*>& nodes) {
  nodes.push_back(&json);
  if (!json.is_structured()) return;
  for (Json& child : json) collect(child, nodes);
}

Json special(std::mt19937& random) {
  static const std::array<Json, 12> values{
      nullptr,         true, 0, 1, -1, 1.5, 18446744073709551615U, "", "\u00e9", Json::array(), Json::object(),
      "SCMP_ACT_ALLOW"};
  return values.at(random() % values.size());
}

void remove_child(Json& json, std::mt19937& random) {
  if (!json.is_structured() || json.empty()) return;
  auto child = json.begin();
  std::advance(child, random() % json.size());
  json.erase(child);
}

void add_child(Json& json, std::mt19937& random, const Json& value) {
  if (json.is_array()) json.insert(json.begin() + static_cast<std::ptrdiff_t>(random() % (json.size() + 1)), value);
  if (json.is_object()) json[json.empty() ? "" : json.begin().key() + "x"] = value;
}

void change(Json& json, std::mt19937& random) {
  std::vector<Json*> nodes;
  collect(json, nodes);
  Json& node = *nodes[random() % nodes.size()];
  const Json other = *nodes[random() % nodes.size()];
  switch (random() % 6) {
    case 0:
      return remove_child(node, random);
    case 1:
      return add_child(node, random, other);
    case 2:
      node = other;
      return;
    case 3:
      if (node.is_number_unsigned()) node = node.get<std::uint64_t>() + random() % 3 - 1;
      return;
    case 4:
      if (node.is_array()) std::shuffle(node.begin(), node.end(), random);
      return;
    default:
      node = special(random);
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  std::mt19937 random(seed);
  Json json = Json::parse(std::string_view(reinterpret_cast<const char*>(data), size), nullptr, false);
  if (json.is_discarded() || random() % 8 == 0) return LLVMFuzzerMutate(data, size, max_size);
  for (auto times = 1 + random() % 3; times > 0; --times) change(json, random);
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, text.data(), text.size());
  return text.size();
}
