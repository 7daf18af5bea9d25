// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/capability_reader.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "generator/formats/capability_words.hpp"
#include "generator/formats/json_reader.hpp"
#include "generator/formats/refusal.hpp"

namespace snug {
namespace {

constexpr std::string_view kRemedy = "make the report again: snug caps --format json RECORDING -o FILE";

JsonPlace required(JsonReader& json, const JsonPlace& object, std::string_view key) {
  JsonPlace place = json.member(object, key);
  if (object && !place) json.reject(place, "is missing", kRemedy);
  return place;
}

void check_schema(JsonReader& json, const JsonPlace& root) {
  const JsonPlace place = required(json, root, "schema");
  const std::string schema = json.text(place);
  if (place && schema != kCapabilitiesSchema)
    json.reject(place, fmt::format("is {}, and this snug reads \"{}\"", in_quotes(schema), kCapabilitiesSchema),
                kRemedy);
}

std::optional<unsigned> capability_at(JsonReader& json, const JsonPlace& place) {
  const std::string name = json.text(place);
  const auto number = capability_number(name);
  if (place && !number) json.reject(place, fmt::format("is {}, which is no capability", in_quotes(name)), kRemedy);
  return number;
}

CapabilitySet recommended_in(JsonReader& json, const JsonPlace& root) {
  CapabilitySet set = 0;
  for (const JsonPlace& place : json.elements(required(json, root, "recommended")))
    if (const auto number = capability_at(json, place)) set |= CapabilitySet{1} << *number;
  return set;
}

std::set<std::string> set_of(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

CapabilityNeeds needs_in(JsonReader& json, const JsonPlace& root) {
  CapabilityNeeds needs;
  needs.recommended = recommended_in(json, root);
  for (const JsonPlace& finding : json.elements(required(json, root, "capabilities"))) {
    const auto number = capability_at(json, required(json, finding, "name"));
    const auto evidence = json.texts(required(json, finding, "evidence"));
    if (number && has(needs.recommended, *number)) needs.evidence[*number] = evidence;
  }
  const auto gaining = json.texts(required(json, root, "gaining"));
  // Null where nobody looked whether programs gain privilege.
  if (json.member(root, "no_new_privileges")) needs.gaining = set_of(gaining);
  needs.warnings = set_of(json.texts(json.member(root, "warnings")));
  return needs;
}

}  // namespace

Result<CapabilityNeeds> parse_capabilities(std::string_view text, std::string_view source) {
  JsonReader json(fmt::format("cannot read the report on capabilities {}", source));
  const auto document = json.parse(text);
  if (!document) return document.error();
  const JsonPlace root{&*document, ""};
  check_schema(json, root);
  CapabilityNeeds needs = needs_in(json, root);
  if (json.problem()) return *json.problem();
  return needs;
}

}  // namespace snug
