// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/verifier.hpp"

#include "snug/verdict_code.hpp"
#include "tests/support/catch.hpp"

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

TEST_CASE("equal denials are one denial with a count and its first process") {
  Verifier verifier;

  verifier.entered({7, false, kTool}, kMkdir, encode(kEperm));
  verifier.entered({8, false, kTool}, kMkdir, encode(kEperm));

  REQUIRE(verifier.denials().size() == 1);
  CHECK(verifier.denials().begin()->second == DenialEvidence{2, 7, false, {}});
}

TEST_CASE("before the first exec only the exec itself can be denied") {
  Verifier verifier;

  const Decision ours = verifier.entered({7, true, {}}, kMkdir, encode(kEperm));
  const Decision theirs = verifier.entered({7, true, {}}, kExecve, encode(kEperm));

  CHECK_FALSE(ours.refuse);
  CHECK(theirs.refuse == kEperm);
  CHECK(verifier.denials().begin()->second.launching);
}
