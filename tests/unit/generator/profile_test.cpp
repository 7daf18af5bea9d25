// SPDX-License-Identifier: Apache-2.0
#include "snug/profile.hpp"

#include <initializer_list>

#include "snug/verdict_code.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

constexpr Action kActions[] = {Action::allow, Action::log,  Action::notify,      Action::trace,
                               Action::fail,  Action::trap, Action::kill_thread, Action::kill_process};

}  // namespace

TEST_CASE("an action's name leads back to the action") {
  for (const Action action : kActions) CHECK(action_named(name_of(action)) == action);

  CHECK(name_of(Action::fail) == "SCMP_ACT_ERRNO");
  CHECK_FALSE(action_named("SCMP_ACT_ALOW"));
}

TEST_CASE("the older name of killing a thread is understood and not written") {
  CHECK(action_named("SCMP_ACT_KILL") == Action::kill_thread);
  CHECK(name_of(Action::kill_thread) == "SCMP_ACT_KILL_THREAD");
}

TEST_CASE("a comparison's name leads back to the comparison") {
  for (const Comparison comparison : {Comparison::ne, Comparison::lt, Comparison::le, Comparison::eq,
                                      Comparison::ge, Comparison::gt, Comparison::masked_eq})
    CHECK(comparison_named(name_of(comparison)) == comparison);

  CHECK(name_of(Comparison::masked_eq) == "SCMP_CMP_MASKED_EQ");
  CHECK_FALSE(comparison_named("SCMP_CMP_EQUAL"));
}

TEST_CASE("a verdict's code leads back to the verdict") {
  for (const Action action : kActions) {
    const bool carries_errno = action == Action::fail || action == Action::trace;
    for (const auto value : std::initializer_list<std::uint16_t>{0, 1, 38, 4095}) {
      const Verdict verdict{action, carries_errno ? value : std::uint16_t{0}};
      CHECK(decode_verdict(encode(verdict)) == verdict);
    }
  }
}

TEST_CASE("a failure's code is its errno and every other code lies above all errnos") {
  CHECK(encode({Action::fail, 38}) == 38);
  for (const Action action : kActions)
    if (action != Action::fail) CHECK(encode({action, 0}) > kLargestErrno);
}

TEST_CASE("a code that no verdict has is read as the strictest verdict") {
  for (const auto code : std::initializer_list<std::uint16_t>{0x2000, 0xf000, 0xf007, 0xffff})
    CHECK(decode_verdict(code) == Verdict{Action::kill_process, 0});
}
