// SPDX-License-Identifier: Apache-2.0
#include "generator/core/capability_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace snug {
namespace {

using Texts = std::set<std::string>;

Texts only_in(const Texts& texts, const Texts& others) {
  Texts left;
  std::ranges::set_difference(texts, others, std::inserter(left, left.end()));
  return left;
}

CapabilityDiff not_compared(std::string_view which, const Error& error) {
  CapabilityDiff none;
  none.not_compared = fmt::format("in the {} recording, {}", which, error.because);
  return none;
}

}  // namespace

CapabilityNeeds needs_of(const CapabilityReport& report) {
  CapabilityNeeds needs;
  needs.recommended = report.recommended;
  for (const CapabilityFinding& finding : report.findings)
    if (has(report.recommended, finding.number)) needs.evidence[finding.number] = finding.evidence;
  if (report.new_privileges != NewPrivileges::unknown) needs.gaining = report.gaining;
  needs.warnings = {report.warnings.begin(), report.warnings.end()};
  return needs;
}

CapabilityDiff diff(const CapabilityNeeds& before, const CapabilityNeeds& after) {
  CapabilityDiff found;
  for (unsigned number = 0; number < kCapabilities; ++number) {
    if (!has(after.recommended & ~before.recommended, number)) continue;
    const auto evidence = after.evidence.find(number);
    found.added.push_back(
        {number, evidence == after.evidence.end() ? std::vector<std::string>{} : evidence->second});
  }
  found.removed = before.recommended & ~after.recommended;
  if (before.gaining && after.gaining) found.gaining = only_in(*after.gaining, *before.gaining);
  found.none_gained = before.gaining && before.gaining->empty();
  found.doubts_of_before = only_in(before.warnings, after.warnings);
  found.doubts_of_after = only_in(after.warnings, before.warnings);
  return found;
}

CapabilityDiff diff_capabilities(const Recording& before, const Recording& after) {
  const auto earlier = report_capabilities(before, IncompleteRuns::accepted);
  if (!earlier) return not_compared("earlier", earlier.error());
  const auto later = report_capabilities(after, IncompleteRuns::accepted);
  if (!later) return not_compared("later", later.error());
  return diff(needs_of(*earlier), needs_of(*later));
}

}  // namespace snug
