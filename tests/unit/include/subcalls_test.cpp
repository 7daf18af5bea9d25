// SPDX-License-Identifier: Apache-2.0
#include "snug/subcalls.hpp"

#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

TEST_CASE("what a multiplexer stands for has a name by its number") {
  CHECK(subcall_name("socketcall", 1) == "socket");
  CHECK(subcall_name("socketcall", 20) == "sendmmsg");
  CHECK(subcall_name("ipc", 1) == "semop");
  CHECK(subcall_name("ipc", 24) == "shmctl");
}

TEST_CASE("a number that means nothing, and a call that is no multiplexer, have no such name") {
  CHECK(subcall_name("socketcall", 0).empty());
  CHECK(subcall_name("socketcall", 21).empty());
  CHECK(subcall_name("ipc", 5).empty());
  CHECK(subcall_name("ipc", 25).empty());
  CHECK(subcall_name("openat", 1).empty());
}

// On x86_64, which has no multiplexers, each of them is a call of its own; send and recv are the C library's there.
TEST_CASE("what multiplexers stand for are calls of other architectures") {
  for (const char* const multiplexer : {"socketcall", "ipc"}) {
    for (std::uint64_t number = 1; number < 25; ++number) {
      const auto name = subcall_name(multiplexer, number);
      if (name.empty() || name == "send" || name == "recv") continue;
      CHECK(syscall_number(Arch::x86_64, name));
    }
  }
}
