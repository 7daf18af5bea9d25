// SPDX-License-Identifier: Apache-2.0
#include "generator/core/answers.hpp"

#include <linux/seccomp.h>

#include "tests/support/catch.hpp"

using namespace snug;

TEST_CASE("a verdict and the kernel's answer lead to each other") {
  const std::pair<Verdict, std::uint32_t> expected[] = {
      {{Action::allow, 0}, 0x7fff0000},       {{Action::log, 0}, 0x7ffc0000},
      {{Action::trace, 9}, 0x7ff00009},       {{Action::notify, 0}, 0x7fc00000},
      {{Action::fail, 38}, 0x00050026},       {{Action::trap, 0}, 0x00030000},
      {{Action::kill_thread, 0}, 0x00000000}, {{Action::kill_process, 0}, 0x80000000}};

  for (const auto& [verdict, answer] : expected) {
    CHECK(answer_of(verdict) == answer);
    CHECK(verdict_of(answer) == verdict);
  }
}

TEST_CASE("an answer of an unknown action kills the process, and an errno is at most 4095") {
  CHECK(verdict_of(0x12340000) == Verdict{Action::kill_process, 0});
  CHECK(verdict_of(SECCOMP_RET_ERRNO | 0xffff) == Verdict{Action::fail, 4095});
}

TEST_CASE("of stacked answers the less permissive one prevails") {
  const std::uint32_t from_strict_to_lax[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP,
                                              SECCOMP_RET_ERRNO | 1,    SECCOMP_RET_USER_NOTIF,  SECCOMP_RET_TRACE,
                                              SECCOMP_RET_LOG,          SECCOMP_RET_ALLOW};

  for (std::size_t strict = 0; strict < std::size(from_strict_to_lax); ++strict)
    for (std::size_t lax = strict + 1; lax < std::size(from_strict_to_lax); ++lax) {
      CHECK(prevailing(from_strict_to_lax[strict], from_strict_to_lax[lax]) == from_strict_to_lax[strict]);
      CHECK(prevailing(from_strict_to_lax[lax], from_strict_to_lax[strict]) == from_strict_to_lax[strict]);
    }
}

TEST_CASE("of two failures the errno of the later filter prevails") {
  CHECK(prevailing(SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 38) == (SECCOMP_RET_ERRNO | 1));
}
