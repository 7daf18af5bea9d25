// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/serving.hpp"

#include <string_view>

#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"

using namespace snug;
using namespace snug::tracer;

namespace {

bool waits(Arch arch, std::string_view name, std::uint64_t first_argument = 0) {
  return waits_for_work({arch, syscall_number(arch, name).value(), audit_arch_of(arch), {first_argument}});
}

}  // namespace

TEST_CASE("accepting, polling and selecting wait for work, and other calls do not") {
  for (const char* const name :
       {"accept", "accept4", "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select", "pselect6"}) {
    CAPTURE(name);
    CHECK(waits(Arch::x86_64, name));
  }
  for (const char* const name : {"read", "listen", "epoll_ctl", "wait4", "nanosleep", "futex", "connect"}) {
    CAPTURE(name);
    CHECK_FALSE(waits(Arch::x86_64, name));
  }
}

TEST_CASE("so do the variants of 32-bit ABIs") {
  for (const char* const name : {"_newselect", "pselect6_time64", "ppoll_time64"}) CHECK(waits(Arch::i386, name));
}

TEST_CASE("socketcall waits for work when it accepts") {
  constexpr std::uint64_t kSocket = 1;
  constexpr std::uint64_t kAccept = 5;
  constexpr std::uint64_t kAccept4 = 18;

  CHECK(waits(Arch::i386, "socketcall", kAccept));
  CHECK(waits(Arch::i386, "socketcall", 0xdeadbeef'00000000 | kAccept4));
  CHECK_FALSE(waits(Arch::i386, "socketcall", kSocket));
}

TEST_CASE("a call without a name does not wait for work as far as we know") {
  CHECK_FALSE(waits_for_work({Arch::unknown, 43, 0, {}}));
  CHECK_FALSE(waits_for_work({Arch::x86_64, 0xffffffff, 0, {}}));
}
