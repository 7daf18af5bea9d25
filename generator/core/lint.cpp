// SPDX-License-Identifier: Apache-2.0
#include "generator/core/lint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <map>
#include <optional>

#include "generator/core/consumers.hpp"
#include "generator/core/floor.hpp"
#include "generator/core/rule_findings.hpp"
#include "generator/core/surface_findings.hpp"
#include "generator/core/verdict_words.hpp"
#include "snug/syscalls.hpp"

namespace snug {

namespace {

constexpr std::size_t kMostMismatches = 3;

std::vector<AbiSurface> reachable_abis(const FilterStack& filters) {
  std::vector<AbiSurface> abis;
  for (const Arch arch : kKnownArchs) {
    AbiSurface abi = surface_of(filters, arch);
    if (arch == native_arch() || !abi.everything || permits(*abi.everything)) abis.push_back(std::move(abi));
  }
  return abis;
}

// clone is powerful only where one of its flags for namespaces gets through.
bool makes_namespaces(const FilterStack& filters, const CallSurface& clone, Arch arch) {
  return std::ranges::any_of(kNamespaceFlags, [&](std::uint64_t flag) {
    Arguments arguments{};
    arguments[arch == Arch::s390x ? 1 : 0] = flag | SIGCHLD;
    return permits(outcome_of(filters, {arch, clone.number}, arguments));
  });
}

std::vector<PowerfulUse> powerful_uses(const FilterStack& filters, const std::vector<AbiSurface>& abis) {
  std::map<std::string_view, PowerfulUse> uses;
  for (const AbiSurface& abi : abis)
    for (const CallSurface& call : abi.calls) {
      const PowerfulCall* const powerful = find_powerful(call.name);
      if (powerful == nullptr || !call.is_reachable()) continue;
      if (call.name == "clone" && !makes_namespaces(filters, call, abi.arch)) continue;
      PowerfulUse& use = uses[powerful->name];
      use.call = powerful;
      use.archs.push_back(abi.arch);
      use.depends_on_arguments = use.depends_on_arguments || call.depends_on_arguments();
    }

  std::vector<PowerfulUse> sorted;
  sorted.reserve(uses.size());
  for (auto& [name, use] : uses) sorted.push_back(std::move(use));
  return sorted;
}

void add(std::vector<Finding>& findings, std::vector<Finding> more) {
  findings.insert(findings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::vector<Finding> proof_findings(const Profile& profile, const ProofReport& proof) {
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < std::min(proof.mismatches.size(), kMostMismatches); ++i)
    findings.push_back(
        {Severity::error, "wrong-filter",
         "libseccomp compiles the profile into a filter that does something else: " + describe(proof.mismatches[i]),
         "write the conditions with SCMP_CMP_EQ and SCMP_CMP_MASKED_EQ, and let no two overlap"});
  if (!proof.dropped.empty())
    findings.push_back(
        {permits(profile.default_verdict) ? Severity::warning : Severity::note, "unknown-to-libseccomp",
         fmt::format("this machine's libseccomp does not know {}, and a runtime that uses it drops {} silently",
                     listed(proof.dropped), proof.dropped.size() == 1 ? "the name" : "the names"),
         "upgrade libseccomp where the calls matter"});
  return findings;
}

// What a runtime itself calls at the least, between loading the filter and starting the program.
std::set<std::string> start_calls(const Floor& floor) {
  std::set<std::string> calls;
  for (const FloorEntry& entry : floor.entries)
    if (entry.kind == FloorKind::measured && entry.phase == FloorPhase::start && entry.no_new_privileges)
      calls.insert(entry.calls.begin(), entry.calls.end());
  return calls;
}

std::vector<Finding> floor_findings(const LintReport& report, const std::set<Runtime>& runtimes) {
  std::vector<Finding> findings;
  const auto native = std::ranges::find(report.abis, native_arch(), &AbiSurface::arch);
  for (const Floor& floor : shipped_floors()) {
    const auto is_it = [&](Runtime runtime) { return name_of(runtime) == floor.name; };
    if (std::ranges::none_of(runtimes, is_it)) continue;
    std::vector<std::string> missing;
    const auto calls = start_calls(floor);
    for (const CallSurface& call : native->calls)
      if (calls.contains(call.name) && !call.is_reachable()) missing.push_back(call.name);
    std::ranges::sort(missing);
    if (!missing.empty())
      findings.push_back(
          {Severity::note, "missing-floor",
           fmt::format("some versions of {} themselves call what is denied, before the program starts: "
                       "{}",
                       floor.name, listed(missing)),
           "allow them where the profile is for containers"});
  }
  return findings;
}

// By those that take the very file; of the others convert warns.
std::vector<Finding> misreadings(const Profile& profile) {
  constexpr std::array kTakers{Consumer::runc, Consumer::crun, Consumer::docker};
  std::vector<Finding> findings;
  for (const ConsumerFinding& finding : consumer_findings(profile))
    if (std::ranges::find(kTakers, finding.consumer) != kTakers.end())
      findings.push_back(
          {Severity::note, "misread", fmt::format("{} {}", name_of(finding.consumer), finding.what), ""});
  return findings;
}

// Under runc alone, calls that its stub answers do not meet the profile's own verdict.
bool is_answered_by_stub(const Finding& finding, const LintReport& report, const std::set<Runtime>& runtimes) {
  if (finding.id != "clone3-errno" || runtimes.contains(Runtime::crun)) return false;
  return std::ranges::all_of(report.stubs, [](const EnosysStub& stub) {
    return std::ranges::find(stub.changed, "clone3") != stub.changed.end();
  });
}

void sort_by_severity(std::vector<Finding>& findings) {
  std::ranges::stable_sort(findings, std::ranges::greater{}, &Finding::severity);
}

}  // namespace

std::string_view name_of(Runtime runtime) {
  return runtime == Runtime::runc ? "runc" : "crun";
}

LintReport lint_filters(const FilterStack& filters) {
  LintReport report;
  report.abis = reachable_abis(filters);
  report.powerful = powerful_uses(filters, report.abis);
  report.findings = surface_findings(report.abis);
  sort_by_severity(report.findings);
  return report;
}

LintReport lint_compiled(const Profile& profile, const Compiled& compiled, const std::set<Runtime>& runtimes) {
  LintReport report = lint_filters({compiled.program});
  report.default_verdict = profile.default_verdict;
  report.proof = compiled.proof;
  if (runtimes.contains(Runtime::runc)) report.stubs = enosys_stubs(profile, compiled.unknown);
  std::erase_if(report.findings,
                [&](const Finding& finding) { return is_answered_by_stub(finding, report, runtimes); });

  add(report.findings, proof_findings(profile, compiled.proof));
  add(report.findings, rule_findings(profile));
  add(report.findings, condition_findings(profile));
  add(report.findings, floor_findings(report, runtimes));
  add(report.findings, misreadings(profile));
  sort_by_severity(report.findings);
  return report;
}

bool has_warnings(const LintReport& report) {
  return std::ranges::any_of(report.findings,
                             [](const Finding& finding) { return finding.severity != Severity::note; });
}

}  // namespace snug
