// SPDX-License-Identifier: Apache-2.0
#include "generator/core/minimizer.hpp"

#include <algorithm>
#include <random>
#include <string>

#include "tests/support/catch.hpp"

using namespace snug;

namespace {

// A workload that needs `required` and makes every call of `made`; some runs are made to fail.
struct PlayedWorkload {
  CallNames required;
  CallNames made;
  std::set<std::size_t> failing_runs = {};  // their numbers
  std::vector<CallNames> runs = {};         // what each missed

  Attempt attempt() {
    return [this](const Step& step) -> Result<Trial> {
      CHECK(step.run <= step.most);
      runs.push_back(step.missing);
      Trial trial{.passed = !failing_runs.contains(step.run), .ending = "exit status 0", .denied = {}};
      std::ranges::set_intersection(step.missing, made, std::inserter(trial.denied, trial.denied.end()));
      for (const std::string& name : required) trial.passed = trial.passed && !step.missing.contains(name);
      if (!trial.passed) trial.ending = "exit status 1";
      return trial;
    };
  }
};

std::vector<std::string> calls(char from, char to) {
  std::vector<std::string> names;
  for (char name = from; name <= to; ++name) names.emplace_back(1, name);
  return names;
}

CallNames set_of(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

}  // namespace

TEST_CASE("calls without which the workload passes are removable, and the others are required") {
  PlayedWorkload workload{{"b", "d"}, set_of(calls('a', 'e'))};
  const auto minimum = minimize({{"a", "b"}, {"c", "d", "e"}, 100}, workload.attempt());

  REQUIRE(minimum);
  CHECK(minimum->removable == CallNames{"a", "c", "e"});
  CHECK(minimum->findings.at("b").necessity == Necessity::required);
  CHECK(minimum->findings.at("d") == CallFinding{Necessity::required, 2, true, "exit status 1"});
  CHECK(minimum->findings.at("c").necessity == Necessity::tolerated);
  CHECK(minimum->findings.at("c").ending == "exit status 0");
  CHECK(minimum->runs == workload.runs.size());
}

TEST_CASE("calls that all turn out not to be needed take one run and two that confirm it") {
  PlayedWorkload workload{{}, set_of(calls('a', 'z'))};
  const auto minimum = minimize({calls('a', 'z'), {}, 100}, workload.attempt());

  REQUIRE(minimum);
  CHECK(minimum->removable.size() == 26);
  CHECK(minimum->runs == 6);
}

TEST_CASE("one needed call among many doubtful ones is found by halving") {
  PlayedWorkload workload{{"k"}, set_of(calls('a', 'z'))};
  const auto minimum = minimize({calls('a', 'z'), {}, 100}, workload.attempt());

  REQUIRE(minimum);
  CHECK(minimum->removable.size() == 25);
  CHECK(minimum->findings.at("k").necessity == Necessity::required);
  CHECK(minimum->runs < 20);
}

TEST_CASE("a search begins and ends with runs that miss nothing") {
  PlayedWorkload workload{{"a"}, {"a", "b"}};
  REQUIRE(minimize({{}, {"a", "b"}, 100}, workload.attempt()));

  CHECK(workload.runs[0].empty());
  CHECK(workload.runs[1].empty());
  CHECK(workload.runs.back().empty());
}

TEST_CASE("a workload that fails with nothing missing teaches nothing") {
  for (const std::size_t failing : {1U, 2U}) {
    PlayedWorkload workload{{}, {"a"}, {failing}};
    const auto minimum = minimize({{}, {"a"}, 100}, workload.attempt());

    REQUIRE_FALSE(minimum);
    CHECK(minimum.error().code == ErrorCode::refused);
    CHECK(workload.runs.size() == failing);
  }
}

TEST_CASE("a workload that has begun to fail is noticed before the end") {
  PlayedWorkload workload{{}, set_of(calls('a', 'z'))};
  for (std::size_t run = 5; run < 500; ++run) workload.failing_runs.insert(run);
  const auto minimum = minimize({{}, calls('a', 'z'), 500}, workload.attempt());

  REQUIRE_FALSE(minimum);
  CHECK(minimum.error().code == ErrorCode::refused);
  CHECK(workload.runs.size() < 20);
}

TEST_CASE("a failure that does not repeat makes a call flaky, and it is kept") {
  PlayedWorkload workload{{}, {"a", "b"}, {3}};
  const auto minimum = minimize({{}, {"a", "b"}, 100}, workload.attempt());

  REQUIRE(minimum);
  CHECK(minimum->findings.at("a") == CallFinding{Necessity::flaky, 2, true, "exit status 1"});
  CHECK(minimum->removable == CallNames{"b"});
}

TEST_CASE("what is not confirmed is put back, the youngest first") {
  // Runs 1 and 2 miss nothing, 3 to 6 each one call more, 7 is the first confirmation.
  PlayedWorkload workload{{}, set_of(calls('a', 'd')), {7}};
  const auto minimum = minimize({{}, calls('a', 'd'), 100}, workload.attempt());

  REQUIRE(minimum);
  CHECK(minimum->removable == CallNames{"a", "b"});
  CHECK(minimum->findings.at("d").necessity == Necessity::flaky);
}

TEST_CASE("the runs are never more than allowed, and what was not tried is kept") {
  for (std::size_t runs = kFewestRuns; runs < 40; ++runs) {
    PlayedWorkload workload{set_of(calls('a', 'f')), set_of(calls('a', 'z'))};
    const auto minimum = minimize({calls('a', 'h'), calls('i', 'z'), runs}, workload.attempt());

    INFO(runs);
    REQUIRE(minimum);
    CHECK(minimum->runs <= runs);
    for (const auto& [name, finding] : minimum->findings)
      CHECK(minimum->removable.contains(name) == (finding.necessity == Necessity::tolerated));
  }
}

TEST_CASE("every step names the calls that are tried, which are among the missing ones") {
  std::size_t baselines = 0;
  const auto minimum = minimize({{"a", "b"}, {"c"}, 100}, [&](const Step& step) -> Result<Trial> {
    for (const std::string& name : step.tried) CHECK(step.missing.contains(name));
    if (step.missing.empty()) {
      CHECK(step.tried.empty());
      ++baselines;
    }
    return Trial{.passed = true, .ending = "", .denied = {}};
  });

  REQUIRE(minimum);
  CHECK(baselines == 3);
}

TEST_CASE("too few runs are refused before the first") {
  PlayedWorkload workload{{}, {"a"}};
  const auto minimum = minimize({{}, {"a"}, kFewestRuns - 1}, workload.attempt());

  REQUIRE_FALSE(minimum);
  CHECK(minimum.error().code == ErrorCode::usage);
  CHECK(workload.runs.empty());
}

TEST_CASE("a run that could not be made ends the search with its error") {
  const auto minimum = minimize({{}, {"a"}, 100}, [](const Step&) -> Result<Trial> {
    return Error{ErrorCode::not_found, "no such command", "", ""};
  });

  REQUIRE_FALSE(minimum);
  CHECK(minimum.error().what == "no such command");
}

TEST_CASE("whatever a steady workload needs is found exactly") {
  std::mt19937 random(1);  // NOLINT(*-msc51-cpp): the same cases every time
  for (int round = 0; round < 200; ++round) {
    PlayedWorkload workload{{}, set_of(calls('a', 'z'))};
    MinimizeRequest request{{}, {}, 1000};
    for (const std::string& name : calls('a', 'z')) {
      (random() % 2 == 0 ? request.doubtful : request.others).push_back(name);
      if (random() % 3 == 0) workload.required.insert(name);
    }
    const auto minimum = minimize(request, workload.attempt());

    REQUIRE(minimum);
    for (const auto& [name, finding] : minimum->findings)
      CHECK((finding.necessity == Necessity::required) == workload.required.contains(name));
    CHECK(minimum->removable.size() + workload.required.size() == 26);
  }
}

TEST_CASE("necessities have names") {
  CHECK(name_of(Necessity::required) == "required");
  CHECK(name_of(Necessity::tolerated) == "tolerated");
  CHECK(name_of(Necessity::flaky) == "flaky");
  CHECK(name_of(Necessity::untried) == "untried");
}
