// SPDX-License-Identifier: Apache-2.0
#include "generator/core/surface_findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "generator/core/always_needed.hpp"
#include "generator/core/fallbacks.hpp"
#include "generator/core/verdict_words.hpp"

namespace snug {

namespace {

using Findings = std::vector<Finding>;

const CallSurface* find_call(const AbiSurface& abi, std::string_view name) {
  const auto found = std::ranges::find(abi.calls, name, &CallSurface::name);
  return found == abi.calls.end() ? nullptr : &*found;
}

// The verdict on a call that is never carried out and does not look absent either.
std::optional<Verdict> harsh_verdict(const AbiSurface& abi, std::string_view name) {
  const CallSurface* const call = find_call(abi, name);
  if (call == nullptr || call->is_reachable() || call->verdicts.size() != 1) return std::nullopt;
  const Verdict verdict = *call->verdicts.begin();
  return verdict == Verdict{Action::fail, ENOSYS} ? std::nullopt : std::optional{verdict};
}

void add_clone3(Findings& findings, const AbiSurface& abi) {
  const auto verdict = harsh_verdict(abi, "clone3");
  const CallSurface* const clone = find_call(abi, "clone");
  if (!verdict || clone == nullptr || !clone->is_reachable()) return;
  findings.push_back(
      {Severity::warning, "clone3-errno",
       fmt::format(
           "clone3 {} on {}, and pthread_create, posix_spawn, system and popen of the C library fail with it; "
           "they fall back to clone when it fails with ENOSYS",
           what_happens(*verdict), name_of(abi.arch)),
       R"(add a rule: "names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38)"});
}

void add_fallbacks(Findings& findings, const AbiSurface& abi) {
  std::map<Verdict, std::vector<std::string>> harsh;
  for (const CallSurface& call : abi.calls) {
    if (!has_fallback(call.name) || call.name == "clone3") continue;
    if (const auto verdict = harsh_verdict(abi, call.name)) harsh[*verdict].push_back(call.name);
  }
  for (auto& [verdict, names] : harsh) {
    std::ranges::sort(names);
    findings.push_back(
        {Severity::note, "fallback-errno",
         fmt::format("each of these, which libraries try first and replace when it fails with ENOSYS, "
                     "{} on {}: {}",
                     what_happens(verdict), name_of(abi.arch), listed(names)),
         "give them SCMP_ACT_ERRNO with errnoRet 38"});
  }
}

void add_missing(Findings& findings, const AbiSurface& abi) {
  std::vector<std::string> missing;
  for (const std::string_view name : kAlwaysNeeded)
    if (const CallSurface* const call = find_call(abi, name); call != nullptr && !call->is_reachable())
      missing.emplace_back(name);
  if (missing.empty()) return;
  findings.push_back({Severity::warning, "missing-call",
                      fmt::format("no program on {} can start, handle signals and end without {}",
                                  name_of(abi.arch), listed(missing)),
                      "allow them"});
}

void add_default(Findings& findings, const AbiSurface& abi) {
  const bool permitted = std::ranges::any_of(abi.beyond, permits);
  if (!permitted) return;
  findings.push_back({Severity::warning, "default-allows",
                      fmt::format("whatever is not named is allowed on {}, the calls of newer kernels included",
                                  name_of(abi.arch)),
                      "deny by default and list what is allowed"});
}

}  // namespace

std::vector<Finding> surface_findings(const std::vector<AbiSurface>& abis) {
  Findings findings;
  for (const AbiSurface& abi : abis) {
    add_default(findings, abi);
    if (abi.everything) continue;
    add_clone3(findings, abi);
    add_fallbacks(findings, abi);
    add_missing(findings, abi);
  }
  return findings;
}

}  // namespace snug
