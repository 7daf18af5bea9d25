// SPDX-License-Identifier: Apache-2.0
// What a tracee's stop tells, even when the tracee is killed while we look.
#include "tracer/linux/event_message.hpp"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/catch.hpp"

using namespace snug::tracer;

namespace {

// A child of ours that forks under our eyes, up to its stop at that.
class ForkingTracee {
 public:
  ForkingTracee() : pid_(fork()) {
    if (pid_ == 0) {
      raise(SIGSTOP);
      fork();
      _exit(7);
    }
    waitpid(pid_, nullptr, WUNTRACED);
    constexpr long kOptions = PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXIT;
    REQUIRE(ptrace(PTRACE_SEIZE, pid_, nullptr, kOptions) == 0);
    kill(pid_, SIGCONT);
    while (event() != PTRACE_EVENT_FORK) ptrace(PTRACE_CONT, pid_, nullptr, nullptr);
  }
  ~ForkingTracee() {
    kill(pid_, SIGKILL);
    int status = 0;
    for (pid_t who = waitpid(-1, &status, __WALL); who > 0; who = waitpid(-1, &status, __WALL)) {
      if (WIFSTOPPED(status)) ptrace(PTRACE_CONT, who, nullptr, nullptr);
    }
  }
  ForkingTracee(const ForkingTracee&) = delete;
  ForkingTracee& operator=(const ForkingTracee&) = delete;

  pid_t pid() const { return pid_; }

  // Kills it, and waits until it stands at its end, which nobody has waited for yet.
  void be_killed() const {
    kill(pid_, SIGKILL);
    siginfo_t stop{};
    while (ptrace(PTRACE_GETSIGINFO, pid_, nullptr, &stop) != 0 || stop.si_code >> 8 != PTRACE_EVENT_EXIT)
      usleep(1000);
  }

 private:
  int event() const {
    int status = 0;
    REQUIRE(waitpid(pid_, &status, __WALL) == pid_);
    return status >> 16;
  }

  pid_t pid_;
};

}  // namespace

TEST_CASE("a stop at a birth tells who was born") {
  const ForkingTracee tracee;

  const auto child = read_event_tid(tracee.pid(), PTRACE_EVENT_FORK);

  REQUIRE(child);
  CHECK(*child > 0);
  CHECK(kill(*child, 0) == 0);
}

TEST_CASE("how a killed parent ends is not taken for its child") {
  const ForkingTracee tracee;
  tracee.be_killed();

  CHECK_FALSE(read_event_tid(tracee.pid(), PTRACE_EVENT_FORK));
}

TEST_CASE("nobody tells anything of a task that is not stopped") {
  CHECK_FALSE(read_event_tid(getpid(), PTRACE_EVENT_FORK));
}
