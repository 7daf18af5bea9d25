// SPDX-License-Identifier: Apache-2.0
#include "generator/core/minimizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace snug {
namespace {

constexpr std::size_t kBaselines = 2;                 // before the search
constexpr std::size_t kConfirmations = 2;             // of the result
constexpr std::size_t kReserve = kConfirmations + 1;  // what the end needs: those, and one run that misses nothing
constexpr std::size_t kFailuresInDoubt = 10;          // so many in a row may mean that everything fails by now

using Names = std::span<const std::string>;

class Search {
 public:
  Search(const MinimizeRequest& request, const Attempt& attempt) : request_(request), attempt_(attempt) {
    for (const std::string& name : request.doubtful) minimum_.findings[name];
    for (const std::string& name : request.others) minimum_.findings[name];
  }

  Result<Minimum> run() {
    for (std::size_t i = 0; i < kBaselines; ++i) check_baseline();
    settle(request_.doubtful);
    for (const std::string& name : request_.others) settle({&name, 1});
    confirm();
    check_baseline();
    if (failure_) return *failure_;
    return std::move(minimum_);
  }

 private:
  // Decides on all of `group`, together where that works.
  void settle(Names group) {
    if (group.empty()) return;
    const auto passed = passes_without(group);
    if (!passed) return;
    if (*passed) return mark(group, Necessity::tolerated);
    if (group.size() == 1) return settle_failed(group);
    settle(group.first(group.size() / 2));
    settle(group.subspan(group.size() / 2));
  }

  void settle_failed(Names call) {
    const std::string ending = last_.ending;
    const auto passed = passes_without(call);
    if (!passed) return;
    if (*passed) last_.ending = ending;  // the failure is what needs an explanation
    mark(call, *passed ? Necessity::flaky : Necessity::required);
  }

  // Whether the workload passes without `group` and what was found removable; nothing when it cannot be tried.
  std::optional<bool> passes_without(Names group) {
    if (failure_ || minimum_.runs + kReserve >= request_.runs) return {};
    CallNames missing = minimum_.removable;
    missing.insert(group.begin(), group.end());
    if (!attempt(std::move(missing), group)) return {};
    note_trials(group);
    if (last_.passed) {
      failures_ = 0;
    } else if (++failures_ % kFailuresInDoubt == 0 && minimum_.runs + kReserve < request_.runs) {
      const Trial kept = last_;
      check_baseline();
      last_ = kept;
      if (failure_) return {};
    }
    return last_.passed;
  }

  void note_trials(Names group) {
    for (const std::string& name : group) {
      CallFinding& finding = minimum_.findings[name];
      ++finding.trials;
      finding.attempted = finding.attempted || last_.denied.contains(name);
    }
  }

  void mark(Names group, Necessity necessity) {
    for (const std::string& name : group) {
      CallFinding& finding = minimum_.findings[name];
      finding.necessity = necessity;
      finding.ending = last_.ending;
      if (necessity != Necessity::tolerated) continue;
      minimum_.removable.insert(name);
      order_.push_back(name);
    }
  }

  // What was tolerated step by step must be so twice more. Where it is not, the younger half goes back, until the
  // rest is confirmed.
  void confirm() {
    std::size_t confirmed = 0;
    while (!failure_ && confirmed < kConfirmations && !minimum_.removable.empty()) {
      const bool is_last = minimum_.runs + 1 >= request_.runs;  // which the closing baseline needs
      if (!is_last && !attempt(minimum_.removable)) return;
      if (!is_last && last_.passed) {
        note_trials(order_);
        ++confirmed;
        continue;
      }
      confirmed = 0;
      put_back(is_last ? order_.size() : (order_.size() + 1) / 2);
    }
  }

  void put_back(std::size_t count) {
    for (; count > 0; --count) {
      CallFinding& finding = minimum_.findings[order_.back()];
      finding.necessity = Necessity::flaky;
      finding.ending = last_.ending;
      minimum_.removable.erase(order_.back());
      order_.pop_back();
    }
  }

  void check_baseline() {
    if (failure_ || !attempt({}) || last_.passed) return;
    const bool is_first = minimum_.runs == 1;
    failure_ =
        Error{ErrorCode::refused, "cannot tell which calls the workload needs",
              is_first ? fmt::format("it fails under the profile as it is: {}", last_.ending)
                       : fmt::format("run {} failed although nothing was missing: {}", minimum_.runs, last_.ending),
              is_first ? "make it pass first: snug verify names what the profile denies it"
                       : "make the workload pass every time; nothing of what was seen so far can be relied on"};
  }

  // False when the attempt itself failed.
  bool attempt(CallNames missing, Names tried = {}) {
    ++minimum_.runs;
    auto trial = attempt_({minimum_.runs, std::max(minimum_.runs, most_runs()), std::move(missing), tried});
    if (!trial) {
      failure_ = trial.error();
      return false;
    }
    last_ = std::move(*trial);
    return true;
  }

  // Two runs for a call alone, and one more for the groups that it was in.
  std::size_t most_runs() const {
    const auto untried = [&](const std::vector<std::string>& names) {
      return static_cast<std::size_t>(std::ranges::count_if(names, [&](const std::string& name) {
        return minimum_.findings.at(name).necessity == Necessity::untried;
      }));
    };
    const std::size_t left = 3 * untried(request_.doubtful) + 2 * untried(request_.others) + kReserve;
    return std::min(request_.runs, minimum_.runs + left);
  }

  const MinimizeRequest& request_;
  const Attempt& attempt_;
  Minimum minimum_;
  std::vector<std::string> order_;  // in which calls were found removable
  Trial last_;
  std::size_t failures_ = 0;  // in a row
  std::optional<Error> failure_;
};

}  // namespace

std::string_view name_of(Necessity necessity) {
  switch (necessity) {
    case Necessity::required:
      return "required";
    case Necessity::tolerated:
      return "tolerated";
    case Necessity::flaky:
      return "flaky";
    case Necessity::untried:
      break;
  }
  return "untried";
}

Result<Minimum> minimize(const MinimizeRequest& request, const Attempt& attempt) {
  if (request.runs < kFewestRuns) {
    return Error{ErrorCode::usage, fmt::format("cannot minimize in {} runs", request.runs),
                 fmt::format("{} go into making sure that the workload passes every time", kBaselines + kReserve),
                 fmt::format("allow at least {}", kFewestRuns)};
  }
  return Search(request, attempt).run();
}

}  // namespace snug
