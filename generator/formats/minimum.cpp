// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/minimum.hpp"

#include <nlohmann/json.hpp>

namespace snug {
namespace {

using Json = nlohmann::ordered_json;

Json call_json(const std::string& name, const CallFinding& finding) {
  Json json{{"name", name}, {"necessity", name_of(finding.necessity)}, {"runs", finding.trials}};
  json["attempted"] = finding.attempted;
  if (!finding.ending.empty()) json["ending"] = finding.ending;
  return json;
}

}  // namespace

std::string render_minimum(const Minimum& minimum, const Candidates& candidates) {
  Json calls = Json::array();
  for (const auto& [name, finding] : minimum.findings) calls.push_back(call_json(name, finding));
  Json held = Json::array();
  for (const auto& [name, because] : candidates.held) held.push_back({{"name", name}, {"because", because}});

  Json json;
  json["schema"] = "snug.minimize/1";
  json["runs"] = minimum.runs;
  json["calls"] = std::move(calls);
  json["held"] = std::move(held);
  json["unseen"] = candidates.unseen;
  return json.dump(2) + "\n";
}

}  // namespace snug
