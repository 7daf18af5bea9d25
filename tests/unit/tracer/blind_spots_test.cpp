// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/blind_spots.hpp"

#include <cerrno>

#include "tests/support/catch.hpp"
#include "tests/support/played_session.hpp"

using namespace snug;
using namespace snug::tracer;
using namespace snug::tracer::script;
namespace script = snug::tracer::script;

TEST_CASE("a call that could not be read though its task lives on makes the run incomplete") {
  Notebook notebook;
  WaitReport unread = script::filtered(kCommand, kGetpid);
  unread.syscall.reset();

  const auto played = play(notebook, {script::executed(kCommand, kCommand, kShell), unread,
                                      script::filtered(kCommand, kGetpid), script::exited(kCommand, 0)});

  CHECK(played.incomplete_because == std::vector<std::string>{"/bin/sh made a call that could not be read"});
}

TEST_CASE("a task that installs a filter of its own makes stops that come before any filter") {
  constexpr std::uint64_t kIgnored = 0xdeadbeef'00000000;  // by the kernel, which takes an int
  const auto install = GENERATE(with_arguments(script::filtered(kCommand, kSeccomp), 1),
                                with_arguments(script::filtered(kCommand, kSeccomp), kIgnored | 1, kIgnored),
                                with_arguments(script::filtered(kCommand, kPrctl), kIgnored | 22),
                                with_arguments(script::filtered(kCommand, kPrctl), 22));
  Notebook notebook;

  const auto played =
      play(notebook, {script::executed(kCommand, kCommand, kShell), install, script::returned(kCommand, 0),
                      script::entered(kCommand, kGetpid), script::filtered(kCommand, kGetpid),
                      script::returned(kCommand, 100), script::exited(kCommand, 0)});

  CHECK(notebook.entries.size() == 2);  // the installation and one getpid, not two
  CHECK(played.orders.at(1).until == Resume::Until::next_boundary);
  CHECK(played.incomplete_because.empty());
}

TEST_CASE("a call for which a filter of the workload's own wants a tracer fails, as it does without us") {
  const auto mode = GENERATE(StopMode::seccomp, StopMode::syscall);
  WaitReport foreign = script::filtered(kCommand, kGetpid);
  foreign.syscall->filter_data = 7;
  Notebook notebook;

  const auto played = play(notebook,
                           {script::executed(kCommand, kCommand, kShell), script::entered(kCommand, kGetpid),
                            foreign, script::returned(kCommand, -ENOSYS), script::exited(kCommand, 0)},
                           mode);

  CHECK(notebook.entries.size() == 1);
  CHECK(played.orders.at(2).refuse == Verdict{Action::trace, 0});
}

TEST_CASE("a child of a self-filtering parent that shows itself early is taken to have its filter") {
  Notebook notebook;

  const auto played =
      play(notebook,
           {script::executed(kCommand, kCommand, kShell), with_arguments(script::filtered(kCommand, kSeccomp), 1),
            script::returned(kCommand, 0), script::arrived(101, kShell),
            script::born(kCommand, PTRACE_EVENT_FORK, 101), script::exited(101, 0), script::exited(kCommand, 0)});

  CHECK(played.orders.at(3) == go_on(101, Resume::Until::next_boundary));
}

TEST_CASE("a child that is announced in the middle of a call stops at its return, and at every later call") {
  Notebook notebook;

  const auto played =
      play(notebook, {script::executed(kCommand, kCommand, kShell), script::born(kCommand, PTRACE_EVENT_FORK, 101),
                      script::arrived(101, kShell), with_arguments(script::filtered(101, kSeccomp), 1),
                      script::returned(101, 0), script::arrived(102, kShell), script::entered(102, kGetpid),
                      script::born(kCommand, PTRACE_EVENT_FORK, 102), script::filtered(102, kGetpid),
                      script::returned(102, 102), script::filtered(102, kGetpid), script::exited(101, 0),
                      script::exited(102, 0), script::exited(kCommand, 0)});

  CHECK(played.orders.at(8) == go_on(102, Resume::Until::next_boundary));
  CHECK(played.orders.at(9) == go_on(102, Resume::Until::next_filtered));
  CHECK(notebook.entries.size() == 3);  // the installation and the child's two calls
}

TEST_CASE("a filter put on all threads of a process at once makes the run incomplete") {
  // SECCOMP_FILTER_FLAG_TSYNC alone, and with NEW_LISTENER and TSYNC_ESRCH, where the result is a file descriptor.
  const auto [flags, result] = GENERATE(table<std::uint64_t, std::int64_t>({{1, 0}, {1 | 8 | 16, 3}}));
  Notebook notebook;

  const auto played = play(
      notebook, {script::executed(kCommand, kCommand, kShell), script::born(kCommand, PTRACE_EVENT_CLONE, 101),
                 script::arrived(101, kShell), with_arguments(script::filtered(kCommand, kSeccomp), 1, flags),
                 script::returned(kCommand, result), script::filtered(101, kGetpid), script::returned(101, 101),
                 script::entered(101, kGetpid), script::exited(101, 0), script::exited(kCommand, 0)});

  REQUIRE(played.incomplete_because.size() == 1);
  CHECK(played.incomplete_because.front().find("SECCOMP_FILTER_FLAG_TSYNC") != std::string::npos);
  CHECK(notebook.entries.size() == 3);  // the installation and the other thread's two calls
}

TEST_CASE("a filter for all threads hides nothing where there is one thread, or where it is refused") {
  const auto [child_kind, result] = GENERATE(
      table<int, std::int64_t>({{PTRACE_EVENT_FORK, 0},
                                {PTRACE_EVENT_CLONE, -EFAULT},
                                {PTRACE_EVENT_CLONE, 101}}));  // 101: that thread could not be brought along
  Notebook notebook;

  const auto played =
      play(notebook, {script::executed(kCommand, kCommand, kShell), script::born(kCommand, child_kind, 101),
                      script::arrived(101, kShell), with_arguments(script::filtered(kCommand, kSeccomp), 1, 1),
                      script::returned(kCommand, result), script::filtered(101, kGetpid), script::exited(101, 0),
                      script::exited(kCommand, 0)});

  CHECK(played.incomplete_because.empty());
  CHECK(notebook.entries.size() == 2);
}

TEST_CASE("a task that wants strict mode and cannot have it because of our filter makes the run incomplete") {
  Notebook notebook;

  const auto played = play(notebook, {script::executed(kCommand, kCommand, kShell),
                                      with_arguments(script::filtered(kCommand, kPrctl), 22, 1),
                                      script::returned(kCommand, -EINVAL), script::exited(kCommand, 0)});

  CHECK(played.incomplete_because ==
        std::vector<std::string>{
            "/bin/sh asked for seccomp's strict mode, which our filter prevents (use --stops=syscall)"});
}

TEST_CASE("a task that may not trace because we do makes the run incomplete") {
  Notebook notebook;

  const auto played =
      play(notebook, {script::executed(kCommand, kCommand, kShell), script::filtered(kCommand, kPtrace),
                      script::returned(kCommand, -EPERM), script::exited(kCommand, 0)});

  CHECK(played.incomplete_because ==
        std::vector<std::string>{"/bin/sh wanted to trace or be traced, which is possible only once: what it would "
                                 "have called was not seen"});
}

TEST_CASE("a program that lost its privilege to us makes the run incomplete") {
  Notebook notebook;
  WaitReport setuid = script::executed(kCommand, kCommand, {"/usr/bin/su", ""});
  setuid.privilege_withheld = true;

  const auto played = play(notebook, {setuid, script::exited(kCommand, 0)});

  CHECK(played.incomplete_because ==
        std::vector<std::string>{
            "/usr/bin/su would give privilege (setuid, setgid or file capabilities) but not under an unprivileged "
            "tracer: what it calls with it was not seen (trace as root)"});
}

TEST_CASE("a child that nobody announces was hidden from us, and makes the run incomplete") {
  const auto number = GENERATE(kClone, kClone3);
  Notebook notebook;

  const auto played =
      play(notebook, {script::executed(kCommand, kCommand, kShell), script::filtered(kCommand, number),
                      script::returned(kCommand, 101), script::exited(kCommand, 0)});

  CHECK(played.incomplete_because ==
        std::vector<std::string>{
            "/bin/sh created a child with CLONE_UNTRACED: the calls of that child were not seen"});
}

TEST_CASE("a child that is announced, or was not born, hides nothing") {
  Notebook notebook;

  const auto played =
      play(notebook, {script::executed(kCommand, kCommand, kShell), script::filtered(kCommand, kClone3),
                      script::returned(kCommand, -ENOSYS), script::filtered(kCommand, kClone),
                      script::born(kCommand, PTRACE_EVENT_FORK, 101), script::returned(kCommand, 101),
                      script::exited(101, 0), script::exited(kCommand, 0)});

  CHECK(played.incomplete_because.empty());
}

TEST_CASE("libseccomp's probe of strict mode, which always fails, is no wish for it") {
  Call probe;
  probe.arch = Arch::x86_64;
  probe.number = kSeccomp;

  CHECK(blind_spot_of(probe) == BlindSpot::strict_mode);
  probe.arguments[1] = 1;
  CHECK(blind_spot_of(probe) == BlindSpot::none);
}
