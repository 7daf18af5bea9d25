// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/explanation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "generator/core/verdict_words.hpp"

namespace snug {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "snug.explanation/1";
constexpr std::size_t kShownFrames = 8;

std::string times(std::uint64_t count) {
  return fmt::format("{} {}", count, count == 1 ? "time" : "times");
}

std::string command_of(const Recording& recording, const RunId& run) {
  return fmt::format("{}", fmt::join(recording.runs.at(run).command, " "));
}

std::string frame_text(const Frame& frame) {
  if (frame.symbol.empty()) return fmt::format("{}+{:#x}", frame.object, frame.offset);
  return fmt::format("{} ({})", frame.symbol, frame.object);
}

std::string values_text(const ArgumentValues& values) {
  if (values.many) return "many values";
  std::vector<std::string> words;
  for (const std::uint64_t value : values.values) words.push_back(fmt::format("{:#x}", value));
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string use_text(const CallUse& use, const Recording& recording) {
  const Observation& observed = use.observed;
  std::string text = fmt::format("  {} by {}, in {} of {} runs\n", times(observed.count), use.executable,
                                 use.runs.size(), recording.runs.size());
  for (const auto& [error, count] : observed.errors)
    text += fmt::format("    failed with {}: {} of {} watched\n", error, count, observed.outcomes);
  for (const auto& [name, values] : observed.arguments)
    text += fmt::format("    {}: {}\n", name, values_text(values));
  std::vector<std::string> phases;
  for (const auto& [phase, count] : observed.phases) phases.push_back(fmt::format("{} {}", count, phase));
  if (!phases.empty()) text += fmt::format("    by phase: {}\n", fmt::join(phases, ", "));
  text += fmt::format("    first after {:.3f} s by process {} of: {}\n",
                      static_cast<double>(observed.first.elapsed_ms) / 1000, observed.first.tid,
                      command_of(recording, use.first_run));
  const auto& frames = observed.first.stack.frames;
  for (std::size_t i = 0; i < std::min(frames.size(), kShownFrames); ++i)
    text += fmt::format("      {} {}\n", i == 0 ? "from" : "  by", frame_text(frames[i]));
  return text;
}

std::string risk_text(const Risk& risk) {
  std::string text;
  if (!risk.powerful.empty()) text += fmt::format("  powerful: it {}\n", risk.powerful);
  if (risk.refused_by_docker) text += "  Docker's default profile refuses it\n";
  if (!risk.capability.empty()) text += fmt::format("  fails without {}\n", risk.capability);
  return text;
}

std::string_view sign_of(Comparison comparison) {
  switch (comparison) {
    case Comparison::ne:
      return "is not";
    case Comparison::lt:
      return "is less than";
    case Comparison::le:
      return "is at most";
    case Comparison::eq:
    case Comparison::masked_eq:
      return "is";
    case Comparison::ge:
      return "is at least";
    case Comparison::gt:
      return "is more than";
  }
  return "is";
}

std::string condition_text(const Condition& condition) {
  if (condition.comparison == Comparison::masked_eq)
    return fmt::format("argument {} & {:#x} is {:#x}", condition.index, condition.value, condition.value_two);
  return fmt::format("argument {} {} {:#x}", condition.index, sign_of(condition.comparison), condition.value);
}

std::string rule_text(std::size_t number, const Rule& rule) {
  std::vector<std::string> conditions;
  std::set<std::uint32_t> indexes;
  for (const Condition& condition : rule.conditions) {
    conditions.push_back(condition_text(condition));
    indexes.insert(condition.index);
  }
  const bool one_is_enough = indexes.size() < rule.conditions.size();
  std::string text = fmt::format("rule {}: it {}", number, what_happens(rule.verdict));
  if (!conditions.empty()) text += fmt::format(" when {}", fmt::join(conditions, one_is_enough ? " or " : " and "));
  return text;
}

Json arguments_json(const Observation& observed) {
  Json json = Json::object();
  for (const auto& [name, values] : observed.arguments) {
    json[name] = values.many ? Json("many") : Json(values.values);
  }
  return json;
}

Json use_json(const CallUse& use, const Recording& recording) {
  const Observation& observed = use.observed;
  Json stack = Json::array();
  for (const Frame& frame : observed.first.stack.frames)
    stack.push_back({{"object", frame.object}, {"offset", frame.offset}, {"symbol", frame.symbol}});
  return {{"executable", use.executable},
          {"count", observed.count},
          {"runs", use.runs.size()},
          {"outcomes", observed.outcomes},
          {"errors", observed.errors},
          {"arguments", arguments_json(observed)},
          {"phases", observed.phases},
          {"first",
           {{"run", use.first_run},
            {"command", recording.runs.at(use.first_run).command},
            {"elapsed_ms", observed.first.elapsed_ms},
            {"tid", observed.first.tid},
            {"stack", std::move(stack)}}}};
}

Json program_json(const ProgramExplanation& program) {
  return {{"paths", program.paths}, {"calls", program.calls}, {"alone", program.alone}, {"gone", program.gone}};
}

// Paths need not be UTF-8.
std::string dumped(std::string_view about, Json body) {
  const Json json{{"schema", kSchema}, {"about", about}, {about, std::move(body)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::vector<std::string> rules_for(const Profile& profile, const std::string& name) {
  std::vector<std::string> rules;
  for (std::size_t i = 0; i < profile.rules.size(); ++i) {
    const Rule& rule = profile.rules[i];
    if (std::ranges::find(rule.names, name) != rule.names.end()) rules.push_back(rule_text(i + 1, rule));
  }
  if (rules.empty()) rules.push_back(fmt::format("no rule names it: it {}", what_happens(profile.default_verdict)));
  return rules;
}

std::string explain_text(const std::vector<CallExplanation>& calls, const Recording& recording,
                         const Profile* profile) {
  std::string text;
  for (const CallExplanation& call : calls) {
    text += fmt::format("{} ({})\n", call.name, name_of(call.call.arch));
    text += call.reason ? fmt::format("  allowed by a generated profile: {}\n", describe(*call.reason))
                        : "  no generated profile allows it\n";
    if (profile != nullptr) {
      for (const std::string& rule : rules_for(*profile, call.name))
        text += fmt::format("  in the profile, {}\n", rule);
    }
    text += risk_text(call.risk);
    for (const std::string& need : call.needs) text += fmt::format("  {}\n", need);
    for (const CallUse& use : call.uses) text += use_text(use, recording);
  }
  return text;
}

std::string explain_text(const ProgramExplanation& program) {
  std::string text = fmt::format("{}\n", fmt::join(program.paths, "\n"));
  std::vector<std::string> calls;
  for (const auto& [name, count] : program.calls) calls.push_back(name);
  text += fmt::format("  makes {}: {}\n", calls.size(), fmt::join(calls, ", "));
  if (!program.alone.empty())
    text += fmt::format("  alone makes {}: {}\n", program.alone.size(), fmt::join(program.alone, ", "));
  text += program.gone.empty() ? "  without it, the same calls would be allowed\n"
                               : fmt::format("  without it, {} fewer would be allowed: {}\n", program.gone.size(),
                                             fmt::join(program.gone, ", "));
  return text;
}

std::string explain_text(const std::vector<ProgramExplanation>& programs) {
  std::string text;
  for (const ProgramExplanation& program : programs) {
    text += fmt::format("{}: {} calls", fmt::join(program.paths, ", "), program.calls.size());
    text += program.alone.empty()
                ? std::string("\n")
                : fmt::format(", {} of them alone: {}\n", program.alone.size(), fmt::join(program.alone, ", "));
  }
  return text;
}

std::string explain_text(const std::vector<LibraryUse>& uses) {
  std::string text;
  for (const LibraryUse& use : uses) {
    text += fmt::format("{}, {} by {}{}\n", use.name, times(use.count), use.executable,
                        use.function.empty() ? "" : fmt::format(", from {}", use.function));
  }
  return text;
}

std::string explain_json(const std::vector<CallExplanation>& calls, const Recording& recording,
                         const Profile* profile) {
  Json all = Json::array();
  for (const CallExplanation& call : calls) {
    Json json{{"name", call.name}, {"arch", name_of(call.call.arch)}, {"number", call.call.number}};
    json["reason"] = call.reason ? Json(describe(*call.reason)) : Json(nullptr);
    if (profile != nullptr) json["rules"] = rules_for(*profile, call.name);
    json["risk"] = {{"powerful", call.risk.powerful},
                    {"refused_by_docker", call.risk.refused_by_docker},
                    {"capability", call.risk.capability}};
    json["needs"] = call.needs;
    json["uses"] = Json::array();
    for (const CallUse& use : call.uses) json["uses"].push_back(use_json(use, recording));
    all.push_back(std::move(json));
  }
  return dumped("calls", std::move(all));
}

std::string explain_json(const ProgramExplanation& program) {
  return dumped("program", program_json(program));
}

std::string explain_json(const std::vector<ProgramExplanation>& programs) {
  Json all = Json::array();
  for (const ProgramExplanation& program : programs) {
    all.push_back(program_json(program));
    all.back().erase("gone");
  }
  return dumped("programs", std::move(all));
}

std::string explain_json(const std::vector<LibraryUse>& uses) {
  Json all = Json::array();
  for (const LibraryUse& use : uses) {
    all.push_back(
        {{"name", use.name}, {"executable", use.executable}, {"function", use.function}, {"count", use.count}});
  }
  return dumped("library", std::move(all));
}

}  // namespace snug
