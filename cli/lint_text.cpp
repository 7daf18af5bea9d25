// SPDX-License-Identifier: Apache-2.0
#include "cli/lint_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "cli/messages.hpp"
#include "generator/core/engine_default.hpp"
#include "generator/core/verdict_words.hpp"

namespace snug::cli {
namespace {

using Names = std::vector<std::string>;

constexpr std::size_t kMostNames = 12;

// "is allowed" or "fails with EPERM or is allowed, by its arguments".
std::string described(const std::set<Verdict>& verdicts) {
  Names words;
  for (const Verdict& verdict : verdicts) words.push_back(what_happens(verdict));
  return fmt::format("{}{}", fmt::join(words, " or "), words.size() > 1 ? ", by its arguments" : "");
}

void add_proof(std::string& text, const LintReport& report) {
  if (!report.proof) return;
  const ProofReport& proof = *report.proof;
  if (proof.holds())
    text +=
        fmt::format("  proof    the filter decides all of {} calls as the profile says\n", grouped(proof.calls));
  else
    text += fmt::format("  proof    FAILED: the filter decides {} of {} calls otherwise than the profile says\n",
                        grouped(proof.mismatched), grouped(proof.calls));
}

void add_abi(std::string& text, const AbiSurface& abi) {
  const std::size_t dependent = abi.count_dependent();
  text += fmt::format("  {:<8} allows {} of {} system calls{}; Docker's default profile {}\n", name_of(abi.arch),
                      abi.count_reachable(), abi.calls.size(),
                      dependent == 0 ? "" : fmt::format(", {} of them with some arguments only", dependent),
                      allowed_by_docker_default(abi.arch).size());
}

void add_summary(std::string& text, const LintReport& report) {
  add_proof(text, report);
  if (report.default_verdict)
    text += fmt::format("  default  a call that no rule names {}\n", what_happens(*report.default_verdict));
  for (const AbiSurface& abi : report.abis) add_abi(text, abi);
}

void add_powerful(std::string& text, const LintReport& report) {
  text += "\npowerful system calls that it allows\n";
  if (report.powerful.empty()) text += "  none\n";
  for (const PowerfulUse& use : report.powerful) {
    std::string mark = use.depends_on_arguments ? " (with some arguments)" : "";
    if (report.abis.size() > 1 && use.archs.size() < report.abis.size()) {
      Names archs;
      for (const Arch arch : use.archs) archs.emplace_back(name_of(arch));
      mark += fmt::format(" (on {})", fmt::join(archs, ", "));
    }
    text += fmt::format("  {:<22} {}{}\n", use.call->name, use.call->why, mark);
  }
}

// Calls that are never carried out, by what becomes of them, the most frequent first.
std::vector<std::pair<std::set<Verdict>, Names>> denied_calls(const AbiSurface& abi) {
  std::map<std::set<Verdict>, Names> groups;
  for (const CallSurface& call : abi.calls)
    if (!call.is_reachable()) groups[call.verdicts].push_back(call.name);
  std::vector<std::pair<std::set<Verdict>, Names>> sorted(groups.begin(), groups.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& one, const auto& other) { return one.second.size() > other.second.size(); });
  for (auto& [verdicts, names] : sorted) std::sort(names.begin(), names.end());
  return sorted;
}

void add_denied(std::string& text, const LintReport& report) {
  text += "\nwhat becomes of the others\n";
  for (const AbiSurface& abi : report.abis) {
    for (const auto& [verdicts, names] : denied_calls(abi))
      text += fmt::format("  {:<8} {} ({}): {}\n", name_of(abi.arch), described(verdicts), grouped(names.size()),
                          listed(names, kMostNames));
    text += fmt::format("  {:<8} a number without a call {}\n", name_of(abi.arch), described(abi.beyond));
  }
}

void add_stub(std::string& text, const EnosysStub& stub, Verdict default_verdict) {
  const std::string largest =
      stub.largest_name.empty() ? "0" : fmt::format("{} ({})", stub.largest, stub.largest_name);
  text += fmt::format("  runc     on {} a number above {} fails with ENOSYS", name_of(stub.arch), largest);
  if (!stub.changed.empty()) text += ": " + listed(stub.changed, kMostNames);
  text += fmt::format("\n  {:<8} elsewhere it {}\n", "", what_happens(default_verdict));
}

void add_runtimes(std::string& text, const LintReport& report, const std::set<Runtime>& runtimes) {
  if (!report.default_verdict) return;
  text += "\nwhat runtimes add\n";
  if (runtimes.contains(Runtime::runc) && report.stubs.empty()) text += "  runc     nothing\n";
  for (const EnosysStub& stub : report.stubs) add_stub(text, stub, *report.default_verdict);
  if (runtimes.contains(Runtime::crun)) text += "  crun     nothing\n";
}

void add_findings(std::string& text, const LintReport& report) {
  text += "\nfindings\n";
  if (report.findings.empty()) text += "  none\n";
  for (const Finding& finding : report.findings) {
    text += fmt::format("  {:<8} {}: {}\n", name_of(finding.severity), finding.id, finding.text);
    if (!finding.remedy.empty()) text += fmt::format("  {:<8} try: {}\n", "", finding.remedy);
  }
}

}  // namespace

std::string render_text(const LintReport& report, std::string_view subject, const std::set<Runtime>& runtimes) {
  std::string text = fmt::format("{}\n", subject);
  add_summary(text, report);
  add_powerful(text, report);
  add_denied(text, report);
  add_runtimes(text, report, runtimes);
  add_findings(text, report);
  return text;
}

}  // namespace snug::cli
