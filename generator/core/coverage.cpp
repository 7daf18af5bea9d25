// SPDX-License-Identifier: Apache-2.0
#include "generator/core/coverage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace snug {
namespace {

// The probability that of `runs` runs at most `hits` show what each shows with probability `p`.
double at_most(std::uint64_t hits, std::uint64_t runs, double p) {
  double sum = 0;
  const auto n = static_cast<double>(runs);
  for (std::uint64_t k = 0; k <= hits; ++k) {
    const auto i = static_cast<double>(k);
    sum += std::exp(std::lgamma(n + 1) - std::lgamma(i + 1) - std::lgamma(n - i + 1) + i * std::log(p) +
                    (n - i) * std::log1p(-p));
  }
  return sum;
}

// The greatest probability with which so few hits are not unlikely yet. Runs are not quite the independent draws
// that the interval is made for, so that its upper half alone, of one time in twenty, would promise too much.
double upper_bound(std::uint64_t hits, std::uint64_t runs) {
  constexpr double kUnlikely = 0.025;
  if (hits >= runs) return 1;
  double low = 0;
  double high = 1;
  for (int step = 0; step < 50; ++step) {
    const double middle = (low + high) / 2;
    (at_most(hits, runs, middle) > kUnlikely ? low : high) = middle;
  }
  return high;
}

std::string in_percent(double chance) {
  return fmt::format("{:.0f}%", std::ceil(chance * 100));
}

}  // namespace

Coverage coverage_of(const Recording& recording) {
  Coverage coverage{.runs = recording.runs.size(), .calls = {}};
  for (const auto& [call, observations] : recording.syscalls) {
    CallCoverage covered{.call = call, .runs = 0, .count = 0, .only_run = {}};
    std::set<RunId> runs;
    for (const auto& [where, observation] : observations) {
      runs.insert(where.first);
      covered.count += observation.count;
    }
    covered.runs = runs.size();
    if (runs.size() == 1) covered.only_run = *runs.begin();
    coverage.calls.push_back(std::move(covered));
  }
  return coverage;
}

std::optional<Estimate> estimate(const Coverage& coverage) {
  if (coverage.runs < 2) return std::nullopt;
  std::uint64_t twice = 0;
  std::set<RunId> telling;
  Estimate estimate{.runs = coverage.runs, .calls = coverage.calls.size()};
  for (const CallCoverage& call : coverage.calls) {
    if (call.runs == 2) ++twice;
    if (call.runs != 1) continue;
    ++estimate.once;
    telling.insert(call.only_run);
  }
  const auto runs = static_cast<double>(coverage.runs);
  const auto once = static_cast<double>(estimate.once);
  estimate.telling_runs = telling.size();
  estimate.new_calls = once / runs;
  estimate.chance = static_cast<double>(telling.size()) / runs;
  estimate.chance_at_most = upper_bound(telling.size(), coverage.runs);
  // The form that is not biased where few calls were seen twice.
  estimate.unseen = (runs - 1) / runs * once * (once - 1) / (2 * static_cast<double>(twice + 1));
  return estimate;
}

std::string describe(const Estimate& estimate) {
  std::string text =
      estimate.once == 0
          ? fmt::format("each of the {} calls was seen in at least 2 of {} runs", estimate.calls, estimate.runs)
          : fmt::format("{} of {} calls {} seen in only one of {} runs", estimate.once, estimate.calls,
                        estimate.once == 1 ? "was" : "were", estimate.runs);
  text += fmt::format(": another such run shows a new call with a chance of {} (95% sure: at most {})",
                      in_percent(estimate.chance), in_percent(estimate.chance_at_most));
  if (estimate.unseen >= 0.5) text += fmt::format("; at least {:.0f} more are unseen", std::ceil(estimate.unseen));
  return text;
}

}  // namespace snug
