// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/rouser.hpp"

#include <thread>

#include "tests/support/catch.hpp"

namespace snug::tracer {
namespace {

void wait_for_wish(const Rouser& rouser) {
  while (!rouser.is_wanted()) std::this_thread::yield();
}

TEST_CASE("a timer whose wish nobody hears can be destroyed") {
  Rouser rouser;
  {
    Timer timer;
    REQUIRE(timer.start(rouser, Wish::checkpoint, std::chrono::milliseconds{1}));
    wait_for_wish(rouser);
  }

  CHECK(rouser.take() == static_cast<unsigned>(Wish::checkpoint));
}

TEST_CASE("a timer wishes again after it was heard") {
  Rouser rouser;
  Timer timer;
  REQUIRE(timer.start(rouser, Wish::phase, std::chrono::milliseconds{1}));

  wait_for_wish(rouser);
  rouser.take();
  wait_for_wish(rouser);

  CHECK(includes(rouser.take(), Wish::phase));
}

TEST_CASE("what SIGCHLD was is kept for the workload, and put back") {
  struct sigaction ignored = {};
  ignored.sa_handler = SIG_IGN;
  struct sigaction before = {};
  sigaction(SIGCHLD, &ignored, &before);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigset_t mask_before;
  pthread_sigmask(SIG_BLOCK, &child, &mask_before);

  {
    const Rouser rouser;
    CHECK(rouser.former_action().sa_handler == SIG_IGN);
    CHECK(sigismember(&rouser.former_mask(), SIGCHLD) == 1);
  }

  struct sigaction after = {};
  sigaction(SIGCHLD, &before, &after);
  pthread_sigmask(SIG_SETMASK, &mask_before, nullptr);
  CHECK(after.sa_handler == SIG_IGN);
}

}  // namespace
}  // namespace snug::tracer
