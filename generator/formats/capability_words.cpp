// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/capability_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "generator/core/capability_advice.hpp"
#include "generator/formats/printable.hpp"

namespace snug {
namespace {

using Json = nlohmann::ordered_json;

// So many lines of evidence are told to people.
constexpr std::size_t kLinesTold = 4;

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string evidence_lines(const CapabilityFinding& finding) {
  std::string text;
  for (const std::string& line : told(finding.evidence)) text += fmt::format("  {}\n", printable(line));
  return text;
}

std::string words_of(const CapabilityFinding& finding, const CapabilityReport& report) {
  const CapabilityAdvice advice = advice_on(finding.number);
  std::string text(capability_name(finding.number));
  if (advice.gives_root) text += ", as good as root";
  if (finding.only_at_startup) text += ", at start-up only";
  text += "\n" + evidence_lines(finding);
  const CapabilitySet others = finding.alternatives & ~report.recommended;
  if (others != 0) text += fmt::format("  would do as well: {}\n", fmt::join(names_of(others), ", "));
  if (!works_in_user_namespace(finding.number)) text += "  cannot be had in a container without root\n";
  if (!advice.instead.empty()) text += fmt::format("  instead: {}\n", advice.instead);
  return text;
}

bool is_recommended(const CapabilityFinding& finding) {
  return finding.what < CapabilityClass::tolerated;
}

std::string headline(const CapabilityReport& report) {
  const auto count = static_cast<std::size_t>(std::ranges::count_if(report.findings, is_recommended));
  const std::string needed = count == 0   ? "no capability is needed"
                             : count == 1 ? "1 capability is needed"
                                          : fmt::format("{} capabilities are needed", count);
  return fmt::format("{}, by {}\n", needed, counted(report.runs, "run", "runs"));
}

struct Heading {
  CapabilityClass what;
  std::string_view text;
};
constexpr Heading kOthers[] = {
    {CapabilityClass::tolerated, "used, and not missed"},
    {CapabilityClass::attempted, "lacked; give it only where that failure matters"},
};

std::string others(const CapabilityReport& report) {
  std::string text;
  for (const Heading& heading : kOthers) {
    for (const CapabilityFinding& finding : report.findings) {
      if (finding.what != heading.what) continue;
      text += fmt::format("{}: {}\n{}", capability_name(finding.number), heading.text, evidence_lines(finding));
    }
  }
  return text;
}

std::string privileges(const CapabilityReport& report) {
  switch (report.new_privileges) {
    case NewPrivileges::unknown:
      return "";
    case NewPrivileges::none:
      return "no program gained privilege: no_new_privileges can be set\n";
    case NewPrivileges::gained:
      return fmt::format("no_new_privileges cannot be set: {} gained privilege\n",
                         printable(fmt::format("{}", fmt::join(report.gaining, ", "))));
  }
  return "";
}

Json finding_json(const CapabilityFinding& finding) {
  const CapabilityAdvice advice = advice_on(finding.number);
  return {{"name", capability_name(finding.number)},
          {"class", name_of(finding.what)},
          {"evidence", finding.evidence},
          {"alternatives", names_of(finding.alternatives)},
          {"only_at_startup", finding.only_at_startup},
          {"gives_root", advice.gives_root},
          {"works_rootless", works_in_user_namespace(finding.number)},
          {"instead", advice.instead}};
}

Json privileges_json(NewPrivileges privileges) {
  if (privileges == NewPrivileges::unknown) return nullptr;
  return privileges == NewPrivileges::none;
}

}  // namespace

std::vector<std::string> told(const std::vector<std::string>& evidence) {
  if (evidence.size() <= kLinesTold) return evidence;
  std::vector<std::string> lines(evidence.begin(), evidence.begin() + kLinesTold);
  lines.push_back(fmt::format("and {} more (--format json)", evidence.size() - kLinesTold));
  return lines;
}

CapabilityGrant grant_of(const CapabilityReport& report) {
  return {.set = report.recommended,
          .as_root = report.as_root,
          .no_new_privileges = report.new_privileges == NewPrivileges::none};
}

std::string render_text(const CapabilityReport& report) {
  std::string text = headline(report);
  for (const CapabilityFinding& finding : report.findings)
    if (is_recommended(finding)) text += words_of(finding, report);
  text += others(report) + privileges(report);
  const CapabilityGrant grant = grant_of(report);
  if (const auto caveat = caveat_of(grant, CapabilityFormat::docker); !caveat.empty())
    text += fmt::format("note: {}\n", caveat);
  return text + "docker run " + render_capabilities(grant, CapabilityFormat::docker);
}

std::string render_json(const CapabilityReport& report) {
  Json json{{"schema", kCapabilitiesSchema}, {"recommended", names_of(report.recommended)}};
  json["capabilities"] = Json::array();
  for (const CapabilityFinding& finding : report.findings) json["capabilities"].push_back(finding_json(finding));
  CapabilitySet found = 0;
  for (const CapabilityFinding& finding : report.findings) found |= CapabilitySet{1} << finding.number;
  json["unused"] = names_of(report.had & ~found);
  json["as_root"] = report.as_root;
  json["no_new_privileges"] = privileges_json(report.new_privileges);
  json["gaining"] = report.gaining;
  json["runs"] = report.runs;
  json["warnings"] = report.warnings;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace snug
