// SPDX-License-Identifier: Apache-2.0
#include "generator/core/coverage.hpp"

#include <fmt/format.h>

#include <cmath>
#include <random>

#include "tests/support/catch.hpp"
#include "tests/unit/generator/recordings.hpp"

using namespace snug;
using snug::test::RecordingBuilder;

namespace {

// Runs by which calls they have.
Coverage coverage_of_runs(const std::vector<std::vector<std::string>>& runs) {
  Recording all;
  int number = 0;
  for (const auto& calls : runs) {
    RecordingBuilder builder(Arch::x86_64, fmt::format("r-{:016}", ++number));
    for (const std::string& call : calls) builder.saw(Arch::x86_64, call, {3, 0, {}, {}});
    all = merge(std::move(all), builder);
  }
  return coverage_of(all);
}

// A workload whose calls have known probabilities, each alone or all of a bunch together.
struct Workload {
  std::vector<double> probabilities;
  std::size_t bunch;

  std::vector<bool> run(std::mt19937& engine) const {
    std::vector<bool> seen;
    for (const double probability : probabilities) {
      const bool shows = std::bernoulli_distribution(probability)(engine);
      seen.insert(seen.end(), bunch, shows);
    }
    return seen;
  }

  double chance_of_new(const std::vector<std::uint64_t>& times) const {
    double none = 1;
    for (std::size_t i = 0; i < probabilities.size(); ++i)
      if (times[i * bunch] == 0) none *= 1 - probabilities[i];
    return 1 - none;
  }

  double expected_new(const std::vector<std::uint64_t>& times) const {
    double expected = 0;
    for (std::size_t i = 0; i < times.size(); ++i)
      if (times[i] == 0) expected += probabilities[i / bunch];
    return expected;
  }
};

struct Truth {
  Estimate estimate;
  double chance = 0;
  double new_calls = 0;
  double unseen = 0;
};

Truth simulate(const Workload& workload, std::uint64_t runs, std::mt19937& engine) {
  std::vector<std::uint64_t> times(workload.probabilities.size() * workload.bunch);
  std::vector<std::uint64_t> last(times.size());
  for (std::uint64_t run = 0; run < runs; ++run) {
    const auto seen = workload.run(engine);
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (seen[i]) ++times[i], last[i] = run;
    }
  }
  Coverage coverage{.runs = runs, .calls = {}};
  Truth truth;
  for (std::uint32_t i = 0; i < times.size(); ++i) {
    if (times[i] == 0) truth.unseen += 1;
    if (times[i] == 0) continue;
    const RunId only = times[i] == 1 ? fmt::format("r-{}", last[i]) : "";
    coverage.calls.push_back({{Arch::x86_64, i}, times[i], times[i], only});
  }
  truth.estimate = estimate(coverage).value();
  truth.chance = workload.chance_of_new(times);
  truth.new_calls = workload.expected_new(times);
  return truth;
}

// Most calls in every run, and a tail of ever rarer ones: as recorded programs have them.
std::vector<double> long_tailed() {
  std::vector<double> probabilities(40, 1.0);
  for (int i = 0; i < 40; ++i) probabilities.push_back(0.5 * std::pow(0.88, i));
  return probabilities;
}

}  // namespace

TEST_CASE("coverage counts the runs that have a call") {
  const Coverage coverage = coverage_of_runs({{"read", "write"}, {"read"}, {"read", "close"}});

  REQUIRE(coverage.runs == 3);
  REQUIRE(coverage.calls.size() == 3);
  CHECK(coverage.calls[0] == CallCoverage{{Arch::x86_64, 0}, 3, 9, ""});
  CHECK(coverage.calls[1] == CallCoverage{{Arch::x86_64, 1}, 1, 3, "r-0000000000000001"});
  CHECK(coverage.calls[2] == CallCoverage{{Arch::x86_64, 3}, 1, 3, "r-0000000000000003"});
}

TEST_CASE("fewer than two runs tell nothing of others") {
  CHECK_FALSE(estimate(coverage_of_runs({})));
  CHECK_FALSE(estimate(coverage_of_runs({{"read"}})));
}

TEST_CASE("the estimate is what its formulas give by hand") {
  const auto found = estimate(coverage_of_runs(
      {{"read", "write", "close"}, {"read", "write", "mount"}, {"read", "chdir", "umask"}, {"read"}}));

  REQUIRE(found);
  CHECK(found->runs == 4);
  CHECK(found->calls == 6);
  CHECK(found->once == 4);  // close, mount, chdir and umask; write was seen twice
  CHECK(found->telling_runs == 3);
  CHECK(found->new_calls == Approx(1.0));
  CHECK(found->chance == Approx(0.75));
  CHECK(found->chance_at_most == Approx(0.99369).epsilon(0.001));  // 0.975^(1/4)
  CHECK(found->unseen == Approx(3.0 / 4 * 4 * 3 / (2 * 2)));
}

TEST_CASE("no new call in many runs is no certainty") {
  std::vector<std::vector<std::string>> runs(59, {"read"});
  const auto found = estimate(coverage_of_runs(runs));

  REQUIRE(found);
  CHECK(found->chance == 0);
  CHECK(found->unseen == 0);
  CHECK(found->chance_at_most == Approx(0.0606).epsilon(0.01));  // the 59 runs that statisticians ask for 5 %
  CHECK(describe(*found) ==
        "each of the 1 calls was seen in at least 2 of 59 runs: another such run shows a new call with a chance of "
        "0% "
        "(95% sure: at most 7%)");
}

TEST_CASE("an estimate in words names what is rare, what is likely and what is missing") {
  const auto found =
      estimate(coverage_of_runs({{"read", "write"}, {"read", "close"}, {"read"}, {"read", "mount"}}));

  REQUIRE(found);
  CHECK(describe(*found) ==
        "3 of 4 calls were seen in only one of 4 runs: another such run shows a new call with a chance of 75% (95% "
        "sure: at most 100%); at least 3 more are unseen");
}

TEST_CASE("estimates meet workloads whose answers are known") {
  std::mt19937 engine(11);
  constexpr int kRounds = 2000;
  const std::size_t bunch = GENERATE(std::size_t{1}, std::size_t{4});
  const std::uint64_t runs = GENERATE(std::uint64_t{8}, std::uint64_t{30}, std::uint64_t{100});
  const Workload workload{long_tailed(), bunch};

  double chance = 0;
  double new_calls = 0;
  double unseen = 0;
  double true_chance = 0;
  double true_new_calls = 0;
  double true_unseen = 0;
  int covered = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Truth truth = simulate(workload, runs, engine);
    chance += truth.estimate.chance;
    new_calls += truth.estimate.new_calls;
    unseen += truth.estimate.unseen;
    true_chance += truth.chance;
    true_new_calls += truth.new_calls;
    true_unseen += truth.unseen;
    covered += truth.chance <= truth.estimate.chance_at_most ? 1 : 0;
  }
  INFO("bunch " << bunch << ", runs " << runs << ": chance " << chance / true_chance << ", new calls "
                << new_calls / true_new_calls << ", unseen " << unseen / true_unseen << " of the truth, covered "
                << covered);
  // Leaving one of n runs out tells of the n-th run, not of the one behind it, which is a little less likely to be
  // new.
  const double expected = 1 + 0.8 / static_cast<double>(runs);
  CHECK(chance / true_chance == Approx(expected).margin(0.1));
  CHECK(new_calls / true_new_calls == Approx(expected).margin(0.1));
  CHECK(unseen / true_unseen < 1.1);  // it is a lower bound
  CHECK(covered > kRounds * 93 / 100);
}
