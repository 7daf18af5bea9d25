// SPDX-License-Identifier: Apache-2.0
// Whose ends are left to their parents, and that the books balance all the same.
#include "tests/support/catch.hpp"
#include "tests/support/played_session.hpp"

using namespace snug;
using namespace snug::tracer;
using namespace snug::tracer::script;
namespace script = snug::tracer::script;

namespace {

using Until = Resume::Until;

const WaitReport kStart = script::executed(kCommand, kCommand, kShell);
const WaitReport kFork = script::born(kCommand, PTRACE_EVENT_FORK, 101);

WaitReport thread_born(pid_t parent, pid_t child) {
  WaitReport report = script::born(parent, PTRACE_EVENT_CLONE, child);
  report.birth_kind = BirthKind::thread;
  return report;
}

Played play_balanced(const std::vector<WaitReport>& reports, std::uint64_t tasks) {
  Notebook notebook;
  Played played = play(notebook, reports);
  CHECK(played.books.tasks_born == tasks);
  CHECK(played.books.tasks_gone == tasks);
  CHECK(played.incomplete_because.empty());
  return played;
}

}  // namespace

TEST_CASE("the end of a process is left to its parent, and counts at once") {
  const auto played = play_balanced(
      {kStart, kFork, script::arrived(101, kShell), script::ending(101), script::exited(kCommand, 0)}, 2);

  CHECK(played.orders.at(3) == go_on(101, Until::ended));
}

TEST_CASE("the end of the command is waited for") {
  const auto played = play_balanced({kStart, script::ending(kCommand), script::killed(kCommand, SIGTERM)}, 1);

  CHECK(played.orders.at(1) == go_on(kCommand, Until::next_filtered));
  CHECK(played.exit == ExitStatus{std::nullopt, SIGTERM});
}

TEST_CASE("the end of a thread is waited for") {
  const auto played = play_balanced(
      {kStart, kFork, script::arrived(101, kShell), thread_born(101, 102), script::arrived(102, kShell),
       script::ending(102), script::exited(102, 0), script::ending(101), script::exited(kCommand, 0)},
      3);

  CHECK(played.orders.at(5) == go_on(102, Until::next_filtered));
  CHECK(played.orders.at(7) == go_on(101, Until::ended));
}

TEST_CASE("a leader whose end is left to its parent counts when its last thread has ended") {
  play_balanced(
      {kStart, kFork, script::arrived(101, kShell), thread_born(101, 102), thread_born(101, 103),
       script::ending(101), script::exited(102, 0), script::killed(103, SIGKILL), script::exited(kCommand, 0)},
      4);
}

TEST_CASE("a thread takes the place of a leader whose end is left to its parent") {
  const auto played =
      play_balanced({kStart, kFork, script::arrived(101, kShell), thread_born(101, 102), script::ending(101),
                     script::executed(101, 102, kTool), script::ending(101), script::exited(kCommand, 0)},
                    3);

  CHECK(played.orders.at(6) == go_on(101, Until::ended));
}

TEST_CASE("a thread that ends in the place of a buried leader, before its exec is told, ends both") {
  play_balanced({kStart, kFork, script::arrived(101, kShell), thread_born(101, 102), script::ending(101),
                 script::ending(101), script::exited(kCommand, 0)},
                3);
}

TEST_CASE("a process whose birth nobody has told yet is waited for") {
  const auto played = play_balanced({kStart, script::arrived(101, kShell), script::ending(101),
                                     script::exited(101, 0), kFork, script::exited(kCommand, 0)},
                                    2);

  CHECK(played.orders.at(2) == go_on(101, Until::next_filtered));
}

TEST_CASE("an id that comes again means that the process that had it is over") {
  play_balanced({kStart, kFork, script::arrived(101, kShell), thread_born(101, 102), script::ending(101), kFork,
                 script::ending(101), script::exited(kCommand, 0)},
                4);
}

TEST_CASE("a pid namespace's first process that faults is let go to die, and its signal is its end") {
  Notebook notebook;
  auto fault = script::signalled(kCommand, SIGSEGV);
  fault.ends_init = true;

  const auto played = play(notebook, {script::executed(kCommand, kCommand, kShell), fault});

  CHECK(played.exit == ExitStatus{std::nullopt, SIGSEGV});
  CHECK(played.orders.back() == Resume{.tid = kCommand, .until = Resume::Until::ended, .signo = SIGSEGV});
  CHECK(played.books.tasks_gone == 1);
  CHECK(played.incomplete_because.empty());
}

TEST_CASE("a thread of it that faults takes the others along") {
  Notebook notebook;
  auto fault = script::signalled(101, SIGSEGV);
  fault.ends_init = true;

  const auto played =
      play(notebook, {script::executed(kCommand, kCommand, kShell), script::born(kCommand, PTRACE_EVENT_CLONE, 101),
                      fault, script::killed(kCommand, SIGSEGV)});

  CHECK(played.exit == ExitStatus{std::nullopt, SIGSEGV});
  CHECK(played.books.tasks_gone == 2);
  CHECK(played.incomplete_because.empty());
}
