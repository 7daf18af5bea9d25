// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "generator/core/capability_advice.hpp"
#include "generator/core/risk.hpp"
#include "generator/formats/diff_words.hpp"

namespace snug {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "snug.diff/1";

// What is said of two things of a kind beside their differences.
struct Setting {
  std::string_view title;  // above the differences
  std::string_view same;   // where there are none
  std::string note = {};   // below; may be empty
};

Setting profiles() {
  return {.title = "Allowed system calls", .same = "decide alike on every call"};
}

Setting recordings(const RecordingDiff& diff) {
  const std::string note = note_on(diff.capabilities);
  if (!note.empty()) return {.title = "System calls made", .same = "have the same calls", .note = note};
  return {.title = "System calls made and capabilities needed",
          .same = "have the same calls and need the same capabilities"};
}

Setting capabilities() {
  return {.title = "Capabilities needed", .same = "need the same capabilities"};
}

std::string text_of(const std::vector<DiffLine>& lines, const Compared& names, const Setting& setting) {
  std::string text = lines.empty() ? fmt::format("{} and {} {}\n", names.before, names.after, setting.same)
                                   : fmt::format("from {} to {}\n", names.before, names.after);
  for (const DiffLine& line : lines) {
    text += fmt::format("{} {} {}\n", line.sign, line.subject, line.what);
    for (const std::string& detail : line.details) text += fmt::format("    {}\n", detail);
  }
  if (!setting.note.empty()) text += setting.note + "\n";
  return text;
}

// Paths and commands come from recordings, which need not be ours: nothing in them may become markup.
std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      safe += ' ';
      continue;
    }
    if (std::string_view("\\`*_{}[]()<>#+!|~@&").find(c) != std::string_view::npos) safe += '\\';
    safe += c;
  }
  return safe;
}

void add_section(std::string& text, const std::vector<DiffLine>& lines, char sign, std::string_view title) {
  if (std::ranges::none_of(lines, [&](const DiffLine& line) { return line.sign == sign; })) return;
  text += fmt::format("\n**{}**\n\n", title);
  for (const DiffLine& line : lines) {
    if (line.sign != sign) continue;
    text += fmt::format("- **{}** {}\n", escaped(line.subject), escaped(line.what));
    for (const std::string& detail : line.details) text += fmt::format("  - {}\n", escaped(detail));
  }
}

std::string markdown_of(const std::vector<DiffLine>& lines, const Compared& names, const Setting& setting) {
  const std::string before = escaped(names.before);
  const std::string after = escaped(names.after);
  std::string text = lines.empty() ? fmt::format("{} and {} {}.\n", before, after, setting.same)
                                   : fmt::format("### {} from {} to {}\n", setting.title, before, after);
  add_section(text, lines, '+', "More");
  add_section(text, lines, '-', "Less");
  add_section(text, lines, '~', "Otherwise");
  if (!setting.note.empty()) text += fmt::format("\n{}\n", escaped(setting.note));
  return text;
}

Json archs_json(const std::vector<Arch>& archs) {
  Json json = Json::array();
  for (const Arch arch : archs) json.push_back(name_of(arch));
  return json;
}

Json verdict_json(Verdict verdict) {
  Json json{{"action", name_of(verdict.action)}};
  if (verdict.action == Action::fail || verdict.action == Action::trace) json["errno"] = verdict.errno_value;
  return json;
}

Json witness_json(const Witness& witness) {
  return {{"arch", name_of(witness.call.first)},
          {"number", witness.call.second},
          {"arguments", witness.arguments},
          {"before", verdict_json(witness.before)},
          {"after", verdict_json(witness.after)}};
}

Json risk_json(const Risk& risk) {
  Json json;
  json["powerful"] = risk.powerful.empty() ? Json(nullptr) : Json(risk.powerful);
  json["refused_by_docker"] = risk.refused_by_docker;
  json["capability"] = risk.capability.empty() ? Json(nullptr) : Json(risk.capability);
  return json;
}

Json evidence_json(const CallEvidence& evidence) {
  return {{"count", evidence.count},
          {"executables", evidence.executables},
          {"commands", evidence.commands},
          {"function", evidence.function},
          {"library", evidence.object}};
}

Json call_json(const CallChange& change, const EvidenceByName& evidence) {
  Json json{{"name", change.name}, {"change", name_of(change.change)}};
  json["archs"] = archs_json(change.archs);
  json["witness"] = witness_json(change.witness);
  if (allows_more(change.change)) json["risk"] = risk_json(risk_of(change.name, change.archs));
  const auto found = evidence.find(change.name);
  if (found != evidence.end()) json["evidence"] = evidence_json(found->second);
  return json;
}

Json call_json(const CallSeen& call, std::string_view change) {
  Json json{{"name", call.name}, {"change", change}};
  json["archs"] = archs_json(call.archs);
  json["risk"] = risk_json(risk_of(call.name, call.archs));
  json["evidence"] = evidence_json(call.evidence);
  return json;
}

Json capability_json(const CapabilityAdded& added) {
  return {{"name", capability_name(added.number)},
          {"gives_root", advice_on(added.number).gives_root},
          {"in_docker_default", in_docker_default(added.number)},
          {"works_rootless", works_in_user_namespace(added.number)},
          {"evidence", added.evidence}};
}

Json capabilities_json(const CapabilityDiff& diff) {
  Json json{{"added", Json::array()}, {"removed", names_of(diff.removed)}, {"gaining", diff.gaining}};
  for (const CapabilityAdded& added : diff.added) json["added"].push_back(capability_json(added));
  json["not_compared"] = diff.not_compared.empty() ? Json(nullptr) : Json(diff.not_compared);
  return json;
}

Json head(std::string_view of, const Compared& names, bool same) {
  return {{"schema", kSchema}, {"of", of}, {"before", names.before}, {"after", names.after}, {"same", same}};
}

// Paths need not be UTF-8; what is not is replaced, as browsers do.
std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string render_diff_text(const ProfileDiff& diff, const Compared& names, const EvidenceByName& evidence) {
  return text_of(lines_of(diff, evidence), names, profiles());
}

std::string render_diff_text(const RecordingDiff& diff, const Compared& names) {
  return text_of(lines_of(diff), names, recordings(diff));
}

std::string render_diff_text(const CapabilityDiff& diff, const Compared& names) {
  return text_of(lines_of(diff), names, capabilities());
}

std::string render_diff_markdown(const ProfileDiff& diff, const Compared& names, const EvidenceByName& evidence) {
  return markdown_of(lines_of(diff, evidence), names, profiles());
}

std::string render_diff_markdown(const RecordingDiff& diff, const Compared& names) {
  return markdown_of(lines_of(diff), names, recordings(diff));
}

std::string render_diff_markdown(const CapabilityDiff& diff, const Compared& names) {
  return markdown_of(lines_of(diff), names, capabilities());
}

std::string render_diff_json(const ProfileDiff& diff, const Compared& names, const EvidenceByName& evidence) {
  Json json = head("profiles", names, diff.empty());
  json["unnamed"] = diff.unnamed ? witness_json(*diff.unnamed) : Json(nullptr);
  json["archs"] = Json::array();
  for (const ArchChange& change : diff.archs) {
    json["archs"].push_back({{"arch", name_of(change.arch)},
                             {"change", change.is_added ? "added" : "removed"},
                             {"allowed", change.allowed},
                             {"witness", witness_json(change.witness)}});
  }
  json["calls"] = Json::array();
  for (const CallChange& change : diff.calls) json["calls"].push_back(call_json(change, evidence));
  return dumped(json);
}

std::string render_diff_json(const RecordingDiff& diff, const Compared& names) {
  Json json = head("recordings", names, diff.empty());
  json["calls"] = Json::array();
  for (const CallSeen& call : diff.added) json["calls"].push_back(call_json(call, "added"));
  for (const CallSeen& call : diff.removed) json["calls"].push_back(call_json(call, "removed"));
  json["values"] = Json::array();
  for (const NewValues& values : diff.values) {
    json["values"].push_back(
        {{"name", values.name}, {"argument", values.argument}, {"values", values.values}, {"many", values.many}});
  }
  json["capabilities"] = capabilities_json(diff.capabilities);
  return dumped(json);
}

std::string render_diff_json(const CapabilityDiff& diff, const Compared& names) {
  Json json = head("capabilities", names, diff.empty());
  json["capabilities"] = capabilities_json(diff);
  return dumped(json);
}

}  // namespace snug
