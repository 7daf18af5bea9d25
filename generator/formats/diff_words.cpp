// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/diff_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "generator/core/capability_advice.hpp"
#include "generator/core/verdict_words.hpp"
#include "generator/formats/capability_words.hpp"
#include "generator/formats/oci.hpp"
#include "generator/formats/printable.hpp"

namespace snug {
namespace {

using EvidenceByName = std::map<std::string, CallEvidence>;

char sign_of(Change change) {
  if (allows_more(change)) return '+';
  return change == Change::answered ? '~' : '-';
}

std::string names_of(const std::vector<Arch>& archs) {
  std::vector<std::string_view> names;
  for (const Arch arch : archs) names.push_back(name_of(arch));
  return fmt::format("{}", fmt::join(names, ", "));
}

// The ABI goes without saying where it is this machine's alone.
std::string with_archs(const std::string& name, const std::vector<Arch>& archs) {
  const bool goes_without_saying = archs.size() == 1 && archs.front() == native_arch();
  return goes_without_saying ? name : fmt::format("{} ({})", name, names_of(archs));
}

std::string example_of(const Witness& witness) {
  return fmt::format("with arguments {:#x} it {}, and before {}", fmt::join(witness.arguments, " "),
                     what_happens(witness.after), what_happens(witness.before));
}

std::string what_changed(const CallChange& change) {
  switch (change.change) {
    case Change::added:
      return "is allowed now; before, it " + what_happens(change.witness.before);
    case Change::removed:
      return "is no longer allowed: it " + what_happens(change.witness.after);
    case Change::loosened:
      return "is allowed with more arguments";
    case Change::tightened:
      return "is allowed with fewer arguments";
    case Change::shifted:
      return "is allowed with other arguments";
    case Change::answered:
      break;
  }
  return fmt::format("{} now; before, it {}", what_happens(change.witness.after),
                     what_happens(change.witness.before));
}

bool depends_on_arguments(Change change) {
  return change == Change::loosened || change == Change::tightened || change == Change::shifted;
}

void add_risk(std::vector<std::string>& details, const Risk& risk) {
  if (!risk.powerful.empty()) details.push_back(fmt::format("powerful: it {}", risk.powerful));
  if (risk.refused_by_docker) details.emplace_back("Docker's default profile refuses it");
  if (!risk.capability.empty()) details.push_back(fmt::format("needs {}", risk.capability));
}

std::string called_by(const CallEvidence& evidence) {
  std::string text = fmt::format("made {} {} by {}", evidence.count, evidence.count == 1 ? "time" : "times",
                                 fmt::join(evidence.executables, ", "));
  if (!evidence.function.empty()) text += fmt::format(", first in {}", evidence.function);
  if (!evidence.object.empty())
    text += fmt::format("{} {}", evidence.function.empty() ? ", first in" : " of", evidence.object);
  return printable(text + fmt::format(", under {}", fmt::join(evidence.commands, " | ")));
}

DiffLine line_of(const ArchChange& change) {
  return {.sign = change.is_added ? '+' : '-',
          .subject = fmt::format("ABI {}", name_of(change.arch)),
          .what = fmt::format("{}: {} of its calls {} allowed; otherwise each of them kills the thread",
                              change.is_added ? "is covered now" : "is no longer covered", change.allowed,
                              change.is_added ? "are" : "were"),
          .details = {}};
}

DiffLine line_of(const CallChange& change, const EvidenceByName& evidence) {
  DiffLine line{sign_of(change.change), with_archs(change.name, change.archs), what_changed(change), {}};
  if (depends_on_arguments(change.change)) line.details.push_back(example_of(change.witness));
  if (allows_more(change.change)) add_risk(line.details, risk_of(change.name, change.archs));
  const auto found = evidence.find(change.name);
  if (found != evidence.end()) line.details.push_back(called_by(found->second));
  return line;
}

DiffLine line_of(const CallSeen& call, bool is_added) {
  DiffLine line{
      is_added ? '+' : '-', with_archs(call.name, call.archs), is_added ? "is made now" : "is no longer made", {}};
  if (is_added) add_risk(line.details, risk_of(call.name, call.archs));
  line.details.push_back(called_by(call.evidence));
  return line;
}

DiffLine line_of(const NewValues& values) {
  const std::string seen =
      values.many ? "too many values to list" : fmt::format("{:#x}", fmt::join(values.values, ", "));
  return {'+', values.name, fmt::format("gets new values for {}: {}", values.argument, seen), {}};
}

DiffLine line_of(const CapabilityAdded& added) {
  DiffLine line{'+', std::string(capability_name(added.number)), "is needed now", {}};
  if (advice_on(added.number).gives_root) line.details.emplace_back("as good as root");
  if (!in_docker_default(added.number)) line.details.emplace_back("Docker does not give it unless told to");
  if (!works_in_user_namespace(added.number))
    line.details.emplace_back("cannot be had in a container without root");
  for (const std::string& evidence : told(added.evidence)) line.details.push_back(printable(evidence));
  return line;
}

DiffLine line_of_gaining(const std::string& program, bool none_gained) {
  DiffLine line{'+', printable(program), "gains privilege now", {}};
  if (none_gained) line.details.emplace_back("no_new_privileges could be set before, and cannot be set now");
  return line;
}

}  // namespace

std::vector<DiffLine> lines_of(const ProfileDiff& diff, const EvidenceByName& evidence) {
  std::vector<DiffLine> lines;
  for (const ArchChange& change : diff.archs) lines.push_back(line_of(change));
  if (diff.unnamed) {
    lines.push_back({'~',
                     "every other call",
                     fmt::format("{} now; before, it {}", what_happens(diff.unnamed->after),
                                 what_happens(diff.unnamed->before)),
                     {}});
  }
  for (const CallChange& change : diff.calls) lines.push_back(line_of(change, evidence));
  return lines;
}

std::vector<DiffLine> lines_of(const RecordingDiff& diff) {
  std::vector<DiffLine> lines;
  for (const CallSeen& call : diff.added) lines.push_back(line_of(call, true));
  for (const CallSeen& call : diff.removed) lines.push_back(line_of(call, false));
  for (const NewValues& values : diff.values) lines.push_back(line_of(values));
  std::ranges::move(lines_of(diff.capabilities), std::back_inserter(lines));
  return lines;
}

std::vector<DiffLine> lines_of(const CapabilityDiff& diff) {
  std::vector<DiffLine> lines;
  for (const CapabilityAdded& added : diff.added) lines.push_back(line_of(added));
  for (const std::string& name : names_of(diff.removed)) lines.push_back({'-', name, "is no longer needed", {}});
  for (const std::string& program : diff.gaining) lines.push_back(line_of_gaining(program, diff.none_gained));
  return lines;
}

std::string note_on(const CapabilityDiff& diff) {
  if (diff.not_compared.empty()) return {};
  return "capabilities were not compared: " + printable(diff.not_compared);
}

bool in_docker_default(unsigned capability) {
  const auto given = ReadOptions{}.capabilities;
  return std::ranges::find(given, capability_name(capability)) != given.end();
}

}  // namespace snug
