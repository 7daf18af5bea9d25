// SPDX-License-Identifier: Apache-2.0
// Orders of births, execs and deaths that no test can force a real kernel into.
#include <linux/seccomp.h>
#include <sys/ptrace.h>

#include "tests/support/catch.hpp"
#include "tests/support/played_session.hpp"

using namespace snug;
using namespace snug::tracer;
using namespace snug::tracer::script;
namespace script = snug::tracer::script;

namespace {

using Until = Resume::Until;

constexpr std::uint64_t kExecve = 59;
const WaitReport kStart = script::executed(kCommand, kCommand, kShell);

WaitReport without_message(WaitReport report) {
  report.event_tid.reset();
  return report;
}

WaitReport of_kind(WaitReport report, BirthKind kind) {
  report.birth_kind = kind;
  return report;
}

// Plays `reports` and checks that `tasks` tasks were born and ended, and nothing was lost.
Played play_balanced(Notebook& notebook, const std::vector<WaitReport>& reports, std::uint64_t tasks) {
  Played played = play(notebook, reports);
  CHECK(played.books.tasks_born == tasks);
  CHECK(played.books.tasks_gone == tasks);
  CHECK(played.incomplete_because.empty());
  return played;
}

}  // namespace

TEST_CASE("a child that executes a program before its birth is announced runs that program") {
  Notebook notebook;

  play_balanced(notebook,
                {kStart, script::arrived(101, kShell), script::executed(101, 101, kTool),
                 script::born(kCommand, PTRACE_EVENT_FORK, 101), script::filtered(101, kGetpid),
                 script::exited(101, 0), script::exited(kCommand, 0)},
                2);

  CHECK(notebook.entries == std::vector<Seen>{{101, "/bin/tool", kGetpid}});
}

TEST_CASE("a child of a filtered parent makes the stops that no filter hides, announced or not") {
  Notebook notebook;
  const auto filter = with_arguments(script::filtered(kCommand, kSeccomp), SECCOMP_SET_MODE_FILTER);

  const auto played =
      play(notebook, {kStart, filter, script::returned(kCommand, 0), script::arrived(101, kShell),
                      script::born(kCommand, PTRACE_EVENT_FORK, 101), script::signalled(101, SIGCHLD),
                      script::exited(101, 0), script::exited(kCommand, 0)});

  CHECK(played.orders.at(3) == go_on(101, Until::next_boundary));
  CHECK(played.orders.at(5) == go_on(101, Until::next_boundary, SIGCHLD));
}

TEST_CASE("a child of a parent that was killed before it announced it is followed to its end") {
  Notebook notebook;

  play_balanced(notebook,
                {kStart, script::born(kCommand, PTRACE_EVENT_FORK, 101), script::arrived(101, kShell),
                 script::filtered(101, kClone), script::killed(101, SIGKILL), script::arrived(102, kShell),
                 script::filtered(102, kGetpid), script::exited(102, 0), script::exited(kCommand, 0)},
                3);

  CHECK(notebook.entries.back() == Seen{102, "/bin/sh", kGetpid});
}

TEST_CASE("parent and child may both be killed before the birth is announced") {
  Notebook notebook;

  play_balanced(notebook,
                {kStart, script::born(kCommand, PTRACE_EVENT_FORK, 101), script::arrived(101, kShell),
                 script::killed(102, SIGKILL), without_message(script::born(101, PTRACE_EVENT_FORK, 102)),
                 script::killed(101, SIGKILL), script::exited(kCommand, 0)},
                3);
}

TEST_CASE("a tid that nobody announced and that ended is another task when it is announced and comes again") {
  Notebook notebook;

  play_balanced(
      notebook,
      {kStart, script::arrived(101, kShell), script::exited(101, 0), script::executed(kCommand, kCommand, kTool),
       script::born(kCommand, PTRACE_EVENT_FORK, 101), script::arrived(101, kTool), script::filtered(101, kGetpid),
       script::exited(101, 0), script::exited(kCommand, 0)},
      3);

  CHECK(notebook.entries == std::vector<Seen>{{101, "/bin/tool", kGetpid}});
}

TEST_CASE("a tid that comes again before its first owner's birth is announced is another task") {
  Notebook notebook;

  play_balanced(
      notebook,
      {kStart, script::born(kCommand, PTRACE_EVENT_FORK, 101), script::arrived(101, kShell),
       script::arrived(102, kShell), script::exited(102, 0), script::arrived(102, kTool),
       script::born(101, PTRACE_EVENT_FORK, 102), script::born(kCommand, PTRACE_EVENT_FORK, 102),
       script::filtered(102, kGetpid), script::exited(102, 0), script::exited(101, 0), script::exited(kCommand, 0)},
      4);

  CHECK(notebook.entries == std::vector<Seen>{{102, "/bin/tool", kGetpid}});
}

TEST_CASE("a thread may execute a program before its birth is announced, which then never is") {
  Notebook notebook;

  play_balanced(notebook,
                {kStart, script::arrived(101, kShell), script::executed(kCommand, 101, kTool),
                 script::filtered(kCommand, kGetpid), script::exited(kCommand, 0)},
                2);

  CHECK(notebook.entries == std::vector<Seen>{{kCommand, "/bin/tool", kGetpid}});
}

TEST_CASE("what the leader was waiting for has no outcome when a thread's exec takes its place") {
  Notebook notebook;
  notebook.watched = kGetpid;

  play_balanced(notebook,
                {kStart, script::born(kCommand, PTRACE_EVENT_CLONE, 101), script::arrived(101, kShell),
                 script::filtered(kCommand, kGetpid), script::filtered(101, kExecve),
                 script::executed(kCommand, 101, kTool), script::exited(kCommand, 0)},
                2);

  CHECK(notebook.entries.size() == 2);
  CHECK(notebook.outcomes.empty());
}

TEST_CASE("a call that could not be read, since a thread's exec took the leader's place, is no loss") {
  Notebook notebook;
  WaitReport unread = script::filtered(kCommand, kGetpid);
  unread.syscall.reset();

  play_balanced(
      notebook,
      {kStart, script::born(kCommand, PTRACE_EVENT_CLONE, 101), script::arrived(101, kShell), unread,
       script::executed(kCommand, 101, kTool), script::filtered(kCommand, kGetpid), script::exited(kCommand, 0)},
      2);
}

TEST_CASE("a thread that is killed in its exec, before that is told, ends in the leader's place") {
  Notebook notebook;

  const auto played = play_balanced(
      notebook,
      {kStart, script::born(kCommand, PTRACE_EVENT_CLONE, 101), script::arrived(101, kShell),
       script::born(kCommand, PTRACE_EVENT_CLONE, 102), script::arrived(102, kShell),
       script::filtered(102, kExecve), script::killed(101, SIGKILL), script::killed(kCommand, SIGSEGV)},
      3);

  CHECK(played.exit == ExitStatus{std::nullopt, SIGSEGV});
}

TEST_CASE("a thread that is killed at its exec, before it says who it was, ends in the leader's place") {
  Notebook notebook;

  play_balanced(notebook,
                {kStart, script::born(kCommand, PTRACE_EVENT_CLONE, 101), script::arrived(101, kShell),
                 without_message(script::executed(kCommand, 101, kTool)), script::killed(kCommand, SIGKILL)},
                2);
}

TEST_CASE("who became the leader by an exec may itself have a thread that does the same") {
  Notebook notebook;

  play_balanced(notebook,
                {kStart, script::born(kCommand, PTRACE_EVENT_CLONE, 101), script::arrived(101, kShell),
                 script::executed(kCommand, 101, kTool), script::born(kCommand, PTRACE_EVENT_CLONE, 102),
                 script::arrived(102, kTool), script::filtered(102, kExecve), script::killed(kCommand, SIGKILL)},
                3);
}

TEST_CASE("a process that was announced as a thread outlives its parent") {
  Notebook notebook;

  play_balanced(notebook,
                {kStart, of_kind(script::born(kCommand, PTRACE_EVENT_CLONE, 101), BirthKind::process),
                 script::arrived(101, kShell), script::exited(kCommand, 0), script::filtered(101, kGetpid),
                 script::exited(101, 0)},
                2);
}

TEST_CASE("a thread that was announced as a process is one of its process") {
  Notebook notebook;
  const auto filter =
      with_arguments(script::filtered(kCommand, kSeccomp), SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC);

  const auto played =
      play(notebook, {kStart, of_kind(script::born(kCommand, PTRACE_EVENT_FORK, 101), BirthKind::thread),
                      script::arrived(101, kShell), filter, script::returned(kCommand, 0),
                      script::signalled(101, SIGURG), script::exited(101, 0), script::exited(kCommand, 0)});

  CHECK(played.orders.at(5) == go_on(101, Until::next_boundary, SIGURG));
}

TEST_CASE("a child that filters itself before its birth is announced makes the stops that no filter hides") {
  Notebook notebook;
  const auto filter = with_arguments(script::filtered(101, kSeccomp), SECCOMP_SET_MODE_FILTER);

  const auto played =
      play(notebook, {kStart, script::arrived(101, kShell), filter, script::returned(101, 0),
                      script::born(kCommand, PTRACE_EVENT_FORK, 101), script::signalled(101, SIGURG),
                      script::exited(101, 0), script::exited(kCommand, 0)});

  CHECK(played.orders.at(5) == go_on(101, Until::next_boundary, SIGURG));
}

TEST_CASE("a thread of a thread is one of the process, even if it is announced first") {
  Notebook notebook;
  const auto filter =
      with_arguments(script::filtered(kCommand, kSeccomp), SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC);

  const auto played =
      play(notebook, {kStart, script::arrived(101, kShell), script::born(101, PTRACE_EVENT_CLONE, 102),
                      script::born(kCommand, PTRACE_EVENT_CLONE, 101), filter, script::returned(kCommand, 0),
                      script::arrived(102, kShell), script::exited(102, 0), script::exited(101, 0),
                      script::exited(kCommand, 0)});

  CHECK(played.orders.at(6) == go_on(102, Until::next_boundary));
}

TEST_CASE("a thread that nobody announced takes no other with it when it ends") {
  Notebook notebook;

  play_balanced(notebook,
                {kStart, script::arrived(101, kShell), script::born(101, PTRACE_EVENT_CLONE, 102),
                 script::killed(101, SIGKILL), script::killed(102, SIGKILL), script::killed(kCommand, SIGKILL)},
                3);
}

TEST_CASE("a thread that nobody announced, and whose exec fails when its leader is gone, is counted once") {
  Notebook notebook;

  play_balanced(notebook,
                {kStart, script::born(kCommand, PTRACE_EVENT_FORK, 101), script::arrived(101, kShell),
                 script::arrived(102, kShell), script::filtered(102, kExecve), script::ending(101),
                 script::returned(101, -ENOEXEC), script::signalled(101, SIGSEGV), script::ending(101),
                 script::killed(101, SIGSEGV), script::exited(kCommand, 0)},
                3);
}

TEST_CASE("another process that is given a gone leader's id is another task") {
  Notebook notebook;

  play_balanced(
      notebook,
      {kStart, script::born(kCommand, PTRACE_EVENT_FORK, 101), script::arrived(101, kShell),
       script::arrived(102, kShell), script::ending(101), script::born(kCommand, PTRACE_EVENT_FORK, 101),
       script::arrived(101, kShell), script::exited(101, 0), script::exited(102, 0), script::exited(kCommand, 0)},
      4);
}
