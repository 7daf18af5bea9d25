// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/verifier.hpp"

#include <algorithm>

#include "snug/verdict_code.hpp"
#include "tests/support/catch.hpp"
#include "tracer/core/phase_marker.hpp"

using namespace snug;
using namespace snug::tracer;

namespace {

const Executable kTool{"/bin/tool", "bb"};
constexpr Call kMkdir{Arch::x86_64, 83, 0xc000003e, {}};
constexpr Call kExecve{Arch::x86_64, 59, 0xc000003e, {}};
constexpr Verdict kEperm{Action::fail, 1};

}  // namespace

TEST_CASE("a denied call meets the verdict that the filter's data says") {
  const auto verdict =
      GENERATE(Verdict{Action::fail, 1}, Verdict{Action::fail, 38}, Verdict{Action::kill_process, 0},
               Verdict{Action::trap, 0}, Verdict{Action::log, 0});
  Verifier verifier;

  const Decision decision = verifier.entered({7, false, kTool}, kMkdir, encode(verdict));

  CHECK(decision.refuse == verdict);
  CHECK(verifier.denials().begin()->first == Denial{{Arch::x86_64, 83}, "/bin/tool", verdict});
}

TEST_CASE("equal denials are one denial with a count, its first process and what that passed") {
  Verifier verifier;
  Call second = kMkdir;
  second.arguments[1] = 0777;

  verifier.entered({7, false, kTool}, kMkdir, encode(kEperm));
  verifier.entered({8, false, kTool}, second, encode(kEperm));

  REQUIRE(verifier.denials().size() == 1);
  const DenialEvidence& evidence = verifier.denials().begin()->second;
  CHECK(evidence.count == 2);
  CHECK(evidence.first.tid == 7);
  CHECK(evidence.arguments == kMkdir.arguments);
  CHECK(evidence.passed == std::set{Registers{}});
  CHECK(evidence.phases.empty());
}

TEST_CASE("what was passed in telling registers is kept, until it is too much") {
  Verifier verifier({.telling_registers = [](const SyscallKey&) { return std::uint8_t{0b10}; }});
  const auto pass = [&](std::uint64_t value) {
    Call call = kMkdir;
    call.arguments = {value + 1000, value};
    verifier.entered({7, false, kTool}, call, encode(kEperm));
  };

  pass(1), pass(2), pass(1);
  CHECK(verifier.denials().begin()->second.passed == std::set{Registers{0, 1}, Registers{0, 2}});

  for (std::uint64_t value = 0; value < 100; ++value) pass(value);
  CHECK(verifier.denials().begin()->second.passed.empty());
  CHECK(verifier.denials().begin()->second.passed_many);
}

TEST_CASE("denials count for the phase that somebody began") {
  Verifier verifier;
  Call marker{Arch::x86_64, 157, 0xc000003e, {}};
  marker.arguments[0] = kPhaseMarker;
  const auto words = words_of_phase("warm");
  std::ranges::copy(words, marker.arguments.begin() + 1);

  verifier.entered({7, false, kTool}, kMkdir, encode(kEperm));
  const Decision decision = verifier.entered({7, false, kTool}, marker, kTraceMark);
  verifier.entered({7, false, kTool}, kMkdir, encode(kEperm));
  verifier.begin_phase("serving");
  verifier.entered({7, false, kTool}, kMkdir, encode(kEperm));

  CHECK(decision.succeed);
  REQUIRE(verifier.denials().size() == 1);
  CHECK(verifier.denials().begin()->second.phases ==
        std::map<std::string, std::uint64_t>{{"warm", 1}, {"serving", 1}});
}

TEST_CASE("calls that are let through are made, and their outcomes kept") {
  Verifier verifier({.denied = Denied::let_through});

  const Decision decision = verifier.entered({7, false, kTool}, kMkdir, encode(kEperm));
  verifier.returned({7, false, kTool}, kMkdir, {.result = -17, .failed = true});

  CHECK_FALSE(decision.refuse);
  CHECK(decision.watch_outcome);
  const DenialEvidence& evidence = verifier.denials().begin()->second;
  CHECK(evidence.outcomes == 1);
  CHECK(evidence.errors == std::map<int, std::uint64_t>{{17, 1}});
}

TEST_CASE("a program that is denied its end for ever is killed") {
  Verifier verifier;
  const Call exit{Arch::x86_64, 231, 0xc000003e, {}};

  for (int i = 0; i < 600; ++i) verifier.entered({7, false, kTool}, exit, encode(kEperm));
  verifier.entered({7, false, kTool}, kMkdir, encode(kEperm));  // it does something else
  Decision decision;
  for (int i = 0; i < 999; ++i) decision = verifier.entered({7, false, kTool}, exit, encode(kEperm));
  CHECK(decision.refuse == kEperm);

  decision = verifier.entered({7, false, kTool}, exit, encode(kEperm));
  CHECK(decision.refuse == Verdict{Action::kill_process});
  const Denial denial{{Arch::x86_64, 231}, "/bin/tool", kEperm};
  CHECK(verifier.denials().at(denial).endless);
}

TEST_CASE("before the first exec only the exec itself can be denied") {
  Verifier verifier;

  const Decision ours = verifier.entered({7, true, {}}, kMkdir, encode(kEperm));
  const Decision theirs = verifier.entered({7, true, {}}, kExecve, encode(kEperm));

  CHECK_FALSE(ours.refuse);
  CHECK(theirs.refuse == kEperm);
  CHECK(verifier.denials().begin()->second.launching);
}
