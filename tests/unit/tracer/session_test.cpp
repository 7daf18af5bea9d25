// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/session.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/played_session.hpp"

using namespace snug;
using namespace snug::tracer;
using namespace snug::tracer::script;
namespace script = snug::tracer::script;

TEST_CASE("calls before the first exec are ours, not the workload's") {
  Notebook notebook;

  play(notebook, {script::filtered(kCommand, 59), script::executed(kCommand, kCommand, kShell),
                  script::filtered(kCommand, kGetpid), script::exited(kCommand, 0)});

  CHECK(notebook.entries == std::vector<Seen>{{kCommand, "/bin/sh", kGetpid}});
}

TEST_CASE("the command's exit code is the session's") {
  Notebook notebook;

  const auto played = play(notebook, {script::executed(kCommand, kCommand, kShell), script::exited(kCommand, 42)});

  CHECK(played.exit == ExitStatus{42, std::nullopt});
  CHECK(played.incomplete_because.empty());
}

TEST_CASE("a child runs its parent's program until it executes its own") {
  Notebook notebook;

  const auto played = play(
      notebook, {script::executed(kCommand, kCommand, kShell), script::born(kCommand, PTRACE_EVENT_FORK, 101),
                 script::arrived(101, kShell), script::filtered(101, kGetpid), script::executed(101, 101, kTool),
                 script::filtered(101, kGetpid), script::exited(101, 0), script::exited(kCommand, 0)});

  CHECK(notebook.entries == std::vector<Seen>{{101, "/bin/sh", kGetpid}, {101, "/bin/tool", kGetpid}});
  CHECK(played.books.tasks_born == 2);
  CHECK(played.books.tasks_gone == 2);
  CHECK(played.books.execs == 2);
}

TEST_CASE("a child may show itself, call and die before its birth is announced") {
  Notebook notebook;

  const auto played = play(notebook, {script::executed(kCommand, kCommand, kShell), script::arrived(101, kShell),
                                      script::filtered(101, kGetpid), script::killed(101, SIGKILL),
                                      script::born(kCommand, PTRACE_EVENT_FORK, 101), script::exited(kCommand, 0)});

  CHECK(notebook.entries == std::vector<Seen>{{101, "/bin/sh", kGetpid}});
  CHECK(played.books.tasks_born == 2);
  CHECK(played.books.tasks_gone == 2);
  CHECK(played.incomplete_because.empty());
}

TEST_CASE("a child may die without a single stop, announced or not") {
  Notebook notebook;

  const auto played = play(
      notebook, {script::executed(kCommand, kCommand, kShell), script::killed(101, SIGKILL),
                 script::born(kCommand, PTRACE_EVENT_FORK, 101), script::born(kCommand, PTRACE_EVENT_CLONE, 102),
                 script::killed(102, SIGKILL), script::exited(kCommand, 0)});

  CHECK(played.books.tasks_born == 3);
  CHECK(played.books.tasks_gone == 3);
  CHECK(played.incomplete_because.empty());
}

TEST_CASE("descendants are followed after the command has ended") {
  Notebook notebook;

  const auto played =
      play(notebook, {script::executed(kCommand, kCommand, kShell), script::born(kCommand, PTRACE_EVENT_FORK, 101),
                      script::arrived(101, kShell), script::exited(kCommand, 0), script::filtered(101, kGetpid),
                      script::exited(101, 9)});

  CHECK(notebook.entries.size() == 1);
  CHECK(played.exit == ExitStatus{0, std::nullopt});
}

TEST_CASE("the end of the command is told once, with the number of tasks that live on") {
  Notebook notebook;
  script::ScriptedKernel kernel({script::executed(kCommand, kCommand, kShell),
                                 script::born(kCommand, PTRACE_EVENT_FORK, 101), script::arrived(101, kShell),
                                 script::exited(kCommand, 0), script::filtered(101, kGetpid),
                                 script::exited(101, 0)});
  Session session(kCommand, StopMode::seccomp, notebook);
  std::vector<std::uint64_t> alive;

  follow(kernel, session, {.command_ended = [&] { alive.push_back(session.alive()); }});

  CHECK(alive == std::vector<std::uint64_t>{1});
}

TEST_CASE("an exec by another thread makes it the leader, and the books still balance") {
  Notebook notebook;

  const auto played =
      play(notebook, {script::executed(kCommand, kCommand, kShell), script::born(kCommand, PTRACE_EVENT_CLONE, 101),
                      script::arrived(101, kShell), script::born(kCommand, PTRACE_EVENT_CLONE, 102),
                      script::arrived(102, kShell), script::exited(102, 0), script::executed(kCommand, 101, kTool),
                      script::filtered(kCommand, kGetpid), script::exited(kCommand, 0)});

  CHECK(notebook.entries == std::vector<Seen>{{kCommand, "/bin/tool", kGetpid}});
  CHECK(played.books.tasks_born == 3);
  CHECK(played.books.tasks_gone == 3);
  CHECK(played.incomplete_because.empty());
}

TEST_CASE("a thread that dies in its exec dies under its leader's id, and the books still balance") {
  Notebook notebook;

  const auto played =
      play(notebook, {script::executed(kCommand, kCommand, kShell), script::born(kCommand, PTRACE_EVENT_CLONE, 101),
                      script::arrived(101, kShell), script::filtered(101, 59), script::killed(kCommand, SIGSEGV)});

  CHECK(played.books.tasks_born == 2);
  CHECK(played.books.tasks_gone == 2);
  CHECK(played.incomplete_because.empty());
}

TEST_CASE("a process may be executed anew by another thread before its birth is announced") {
  Notebook notebook;

  const auto played = play(notebook, {script::executed(kCommand, kCommand, kShell), script::arrived(101, kShell),
                                      script::born(101, PTRACE_EVENT_CLONE, 102), script::executed(101, 102, kTool),
                                      script::born(kCommand, PTRACE_EVENT_FORK, 101), script::exited(101, 0),
                                      script::exited(kCommand, 0)});

  CHECK(played.books.tasks_born == 3);
  CHECK(played.books.tasks_gone == 3);
  CHECK(played.incomplete_because.empty());
}

TEST_CASE("a thread may die in its exec before its birth is announced") {
  Notebook notebook;

  const auto played =
      play(notebook, {script::executed(kCommand, kCommand, kShell), script::filtered(kCommand, kClone3),
                      script::arrived(101, kShell), script::filtered(101, 59), script::killed(kCommand, SIGSEGV)});

  CHECK(played.books.tasks_born == 2);
  CHECK(played.books.tasks_gone == 2);
  CHECK(played.incomplete_because.empty());
}

TEST_CASE("a task whose end nobody told makes the run incomplete") {
  Notebook notebook;

  const auto played = play(notebook, {script::executed(kCommand, kCommand, kShell),
                                      script::born(kCommand, PTRACE_EVENT_FORK, 101), script::exited(kCommand, 0)});

  CHECK(played.incomplete_because ==
        std::vector<std::string>{"2 tasks were born but 1 ended: the rest was lost sight of"});
}

TEST_CASE("with a filter a task runs to its next call, and stops at a return only when that is watched") {
  Notebook notebook;
  notebook.watched = kGetpid;

  const auto played = play(notebook, {script::executed(kCommand, kCommand, kShell), script::filtered(kCommand, 1),
                                      script::filtered(kCommand, kGetpid), script::returned(kCommand, 100),
                                      script::exited(kCommand, 0)});

  using Until = Resume::Until;
  CHECK(played.orders == std::vector<Resume>{go_on(kCommand, Until::next_filtered),
                                             go_on(kCommand, Until::next_filtered),
                                             go_on(kCommand, Until::next_boundary),
                                             go_on(kCommand, Until::next_filtered), go_on(kCommand, Until::never)});
  CHECK(notebook.outcomes == std::vector<Seen>{{kCommand, "/bin/sh", kGetpid}});
}

TEST_CASE("a watched exec belongs to the program that made it") {
  Notebook notebook;
  notebook.watched = 59;

  const auto played = play(notebook, {script::executed(kCommand, kCommand, kShell), script::filtered(kCommand, 59),
                                      script::executed(kCommand, kCommand, kTool), script::returned(kCommand, 0),
                                      script::exited(kCommand, 0)});

  CHECK(notebook.outcomes == std::vector<Seen>{{kCommand, "/bin/sh", 59}});
  CHECK(played.orders.at(2).until == Resume::Until::next_boundary);
}

TEST_CASE("without a filter a call is counted once, on entry") {
  Notebook notebook;

  const auto played = play(notebook,
                           {script::executed(kCommand, kCommand, kShell), script::entered(kCommand, kGetpid),
                            script::returned(kCommand, 100), script::exited(kCommand, 0)},
                           StopMode::syscall);

  CHECK(notebook.entries.size() == 1);
  CHECK(played.books.syscall_stops == 2);
  CHECK(played.orders.front().until == Resume::Until::next_boundary);
}

TEST_CASE("a call that could not be read is booked, and its task goes on to its end") {
  Notebook notebook;
  WaitReport unread = script::filtered(kCommand, kGetpid);
  unread.syscall.reset();

  const auto played =
      play(notebook, {script::executed(kCommand, kCommand, kShell), unread, script::killed(kCommand, SIGKILL)});

  CHECK(notebook.entries.empty());
  CHECK(played.books.unread == 1);
  CHECK(played.books.syscall_stops == 1);
  CHECK(played.incomplete_because.empty());
}

TEST_CASE("a signal is delivered, a group stop is kept") {
  Notebook notebook;

  const auto played =
      play(notebook, {script::executed(kCommand, kCommand, kShell), script::signalled(kCommand, SIGTSTP),
                      script::group_stopped(kCommand, SIGTSTP), script::arrived(kCommand, kShell),
                      script::signalled(kCommand, SIGCONT), script::exited(kCommand, 0)});

  CHECK(played.orders.at(1) == go_on(kCommand, Resume::Until::next_filtered, SIGTSTP));
  CHECK(played.orders.at(2) == go_on(kCommand, Resume::Until::continued));
  CHECK(played.orders.at(3) == go_on(kCommand, Resume::Until::next_filtered));
  CHECK(played.orders.at(4) == go_on(kCommand, Resume::Until::next_filtered, SIGCONT));
}

TEST_CASE("a call without a return, as an emulated vsyscall, does not make the next one count twice") {
  Notebook notebook;
  notebook.watched = 201;

  play(notebook, {script::executed(kCommand, kCommand, kShell), script::filtered(kCommand, 201),
                  script::entered(kCommand, kGetpid), script::filtered(kCommand, kGetpid),
                  script::returned(kCommand, 100), script::exited(kCommand, 0)});

  CHECK(notebook.entries.size() == 2);
  CHECK(notebook.outcomes.empty());
}

TEST_CASE("a later task with the command's number does not change how the command ended") {
  Notebook notebook;

  const auto played =
      play(notebook, {script::executed(kCommand, kCommand, kShell), script::born(kCommand, PTRACE_EVENT_FORK, 101),
                      script::exited(kCommand, 7), script::born(101, PTRACE_EVENT_FORK, kCommand),
                      script::exited(kCommand, 0), script::exited(101, 0)});

  CHECK(played.exit == ExitStatus{7, std::nullopt});
}

TEST_CASE("a birth whose child is not named is told by the child itself") {
  Notebook notebook;
  WaitReport nameless = script::born(kCommand, PTRACE_EVENT_FORK, 0);
  nameless.event_tid.reset();

  const auto played =
      play(notebook, {script::executed(kCommand, kCommand, kShell), nameless, script::killed(kCommand, SIGKILL),
                      script::arrived(101, kShell), script::exited(101, 0)});

  CHECK(played.books.tasks_born == 2);
  CHECK(played.incomplete_because.empty());
}

TEST_CASE("a tid that is used again is another task") {
  Notebook notebook;

  const auto played =
      play(notebook, {script::executed(kCommand, kCommand, kShell), script::born(kCommand, PTRACE_EVENT_FORK, 101),
                      script::arrived(101, kShell), script::executed(101, 101, kTool), script::exited(101, 0),
                      script::born(kCommand, PTRACE_EVENT_FORK, 101), script::arrived(101, kShell),
                      script::filtered(101, kGetpid), script::exited(101, 0), script::exited(kCommand, 0)});

  CHECK(notebook.entries == std::vector<Seen>{{101, "/bin/sh", kGetpid}});
  CHECK(played.books.tasks_born == 3);
  CHECK(played.books.tasks_gone == 3);
}
