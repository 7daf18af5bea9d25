// SPDX-License-Identifier: Apache-2.0
// A session with tasks that were alive before it, and letting them go wherever they stop.
#include <linux/audit.h>
#include <sys/ptrace.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "tests/support/catch.hpp"
#include "tests/support/played_session.hpp"

using namespace snug;
using namespace snug::tracer;
using namespace snug::tracer::script;
namespace script = snug::tracer::script;

namespace {

using Until = Resume::Until;

constexpr pid_t kTarget = 100;
constexpr pid_t kThread = 101;
constexpr pid_t kChild = 200;
constexpr std::uint64_t kRead = 0;
constexpr std::int64_t kRestarted = -512;  // ERESTARTSYS
const std::vector<Seized> kFamily{{kTarget, kTarget, kShell}, {kThread, kTarget, kShell}, {kChild, kChild, kTool}};

Resume detached(pid_t tid, int signo = 0) {
  return go_on(tid, Until::detached, signo);
}

Resume stopping_again(pid_t tid, int signo = 0) {
  Resume order = go_on(tid, Until::next_boundary, signo);
  order.stop_again = true;
  return order;
}

// What the target's only task is ordered at `stop` when it is to be let go.
Resume order_at(const WaitReport& stop) {
  Notebook notebook;
  Session session(kTarget, {{kTarget, kTarget, kShell}}, notebook);
  session.handle(script::arrived(kTarget, kShell));
  session.let_go();
  return session.handle(stop);
}

}  // namespace

TEST_CASE("who was seized is booked as attached, and its calls are its executable's") {
  Notebook notebook;
  Session session(kTarget, kFamily, notebook);

  for (const Seized& seized : kFamily) session.handle(script::arrived(seized.tid, seized.executable));
  session.handle(script::entered(kThread, kGetpid));
  session.handle(script::entered(kChild, kRead));

  CHECK(notebook.entries == std::vector<Seen>{{kThread, "/bin/sh", kGetpid}, {kChild, "/bin/tool", kRead}});
  CHECK(session.accounting().tasks_attached == 3);
  CHECK(session.accounting().tasks_born == 0);
  CHECK(session.accounting().calls == 2);
  CHECK(session.processes() == 2);
  CHECK(session.alive() == 3);
}

TEST_CASE("the return of a call that was entered before we came is no doubt") {
  Notebook notebook;
  Session session(kTarget, {{kTarget, kTarget, kShell}}, notebook);

  session.handle(script::returned(kTarget, 3));
  session.handle(script::entered(kTarget, kGetpid));
  session.handle(script::exited(kTarget, 0));

  CHECK(notebook.entries == std::vector<Seen>{{kTarget, "/bin/sh", kGetpid}});
  CHECK(session.final_doubts().empty());
}

TEST_CASE("how the target ends is told, its descendants are followed further") {
  Notebook notebook;
  ScriptedKernel kernel({script::exited(kThread, 0), script::exited(kTarget, 7), script::entered(kChild, kGetpid),
                         script::killed(kChild, SIGKILL)});
  Session session(kTarget, kFamily, notebook);

  follow(kernel, session, {});

  CHECK(session.command_exit() == ExitStatus{7, std::nullopt});
  CHECK(session.accounting().tasks_gone == 3);
  CHECK(session.final_doubts().empty());
  CHECK(notebook.entries.size() == 1);
}

TEST_CASE("everybody is to be stopped to be let go") {
  Notebook notebook;
  Session session(kTarget, kFamily, notebook);

  auto tids = session.let_go();

  std::ranges::sort(tids);
  CHECK(tids == std::vector<pid_t>{kTarget, kThread, kChild});
}

TEST_CASE("a task is let go where it stops for nothing, and stays stopped where it was") {
  CHECK(order_at(script::arrived(kTarget, kShell)) == detached(kTarget));
  CHECK(order_at(script::group_stopped(kTarget, SIGSTOP)) == detached(kTarget));
}

TEST_CASE("a signal reaches the task that is let go") {
  CHECK(order_at(script::signalled(kTarget, SIGUSR1)) == detached(kTarget, SIGUSR1));
  CHECK(order_at(script::signalled(kTarget, SIGTSTP)) == detached(kTarget, SIGTSTP));
}

TEST_CASE("a task is let go at births, executions and returns") {
  CHECK(order_at(script::born(kTarget, PTRACE_EVENT_FORK, kChild)) == detached(kTarget));
  CHECK(order_at(script::born(kTarget, PTRACE_EVENT_VFORK, kChild)) == detached(kTarget));
  CHECK(order_at(script::born(kTarget, PTRACE_EVENT_CLONE, kThread)) == detached(kTarget));
  CHECK(order_at(script::executed(kTarget, kTarget, kTool)) == detached(kTarget));
  CHECK(order_at(script::returned(kTarget, 0)) == detached(kTarget));
  CHECK(order_at(script::returned(kTarget, -ENOENT)) == detached(kTarget));
}

TEST_CASE("a task is not let go before a call, which would fail, nor after one that we interrupted") {
  CHECK(order_at(script::entered(kTarget, kRead)) == stopping_again(kTarget));
  CHECK(order_at(script::returned(kTarget, -EINTR)) == stopping_again(kTarget));
  for (std::int64_t code = -516; code <= -512; ++code) {
    CHECK(order_at(script::returned(kTarget, code)) == stopping_again(kTarget));
  }
}

TEST_CASE("an interrupted call is not an outcome, and its task is let go at the next stop") {
  Notebook notebook;
  notebook.watched = kRead;
  Session session(kTarget, {{kTarget, kTarget, kShell}}, notebook);
  session.handle(script::arrived(kTarget, kShell));
  session.handle(script::entered(kTarget, kRead));
  session.let_go();

  CHECK(session.handle(script::returned(kTarget, kRestarted)) == stopping_again(kTarget));
  CHECK(session.handle(script::arrived(kTarget, kShell)) == detached(kTarget));

  CHECK(notebook.outcomes.empty());
  CHECK(session.accounting().tasks_detached == 1);
  CHECK(session.alive() == 0);
  CHECK(session.final_doubts().empty());
}

TEST_CASE("a call that returned before it could be interrupted is an outcome") {
  Notebook notebook;
  notebook.watched = kRead;
  Session session(kTarget, {{kTarget, kTarget, kShell}}, notebook);
  session.handle(script::entered(kTarget, kRead));
  session.let_go();

  CHECK(session.handle(script::returned(kTarget, 5)) == detached(kTarget));

  CHECK(notebook.outcomes == std::vector<Seen>{{kTarget, "/bin/sh", kRead}});
}

TEST_CASE("the flags of a call that hid its child are put back before its task is let go") {
  Notebook notebook;
  Session session(kTarget, {{kTarget, kTarget, kShell}}, notebook);
  constexpr std::uint64_t kUntraced = 0x00800000;
  session.handle(script::arrived(kTarget, kShell));
  const Resume entry =
      session.handle(script::with_arguments(script::entered(kTarget, kClone), kUntraced | SIGCHLD));
  REQUIRE(entry.birth_flags);
  CHECK(entry.birth_flags->value == SIGCHLD);
  session.let_go();

  const Resume birth = session.handle(script::born(kTarget, PTRACE_EVENT_FORK, kChild));

  CHECK(birth.until == Until::detached);
  REQUIRE(birth.birth_flags);
  CHECK(birth.birth_flags->value == (kUntraced | SIGCHLD));
}

TEST_CASE("who is born while others are let go is let go at its first stop") {
  Notebook notebook;
  Session session(kTarget, {{kTarget, kTarget, kShell}}, notebook);
  session.let_go();

  CHECK(session.handle(script::born(kTarget, PTRACE_EVENT_FORK, kChild)) == detached(kTarget));
  CHECK(session.handle(script::arrived(kChild, kShell)) == detached(kChild));

  CHECK(session.accounting().tasks_born == 1);
  CHECK(session.accounting().tasks_detached == 2);
  CHECK(session.final_doubts().empty());
}

TEST_CASE("it may be let go before its parent announces it") {
  Notebook notebook;
  Session session(kTarget, {{kTarget, kTarget, kShell}}, notebook);
  session.let_go();

  CHECK(session.handle(script::arrived(kChild, kShell)) == detached(kChild));
  CHECK(session.handle(script::born(kTarget, PTRACE_EVENT_FORK, kChild)) == detached(kTarget));

  CHECK(session.accounting().tasks_born == 1);
  CHECK(session.accounting().tasks_detached == 2);
  CHECK(session.alive() == 0);
  CHECK(session.final_doubts().empty());
}

TEST_CASE("who ends before it can be let go has ended") {
  Notebook notebook;
  Session session(kTarget, kFamily, notebook);
  session.let_go();

  CHECK(session.handle(script::killed(kThread, SIGKILL)) == go_on(kThread, Until::never));
  session.handle(script::arrived(kTarget, kShell));
  session.handle(script::exited(kChild, 0));

  CHECK(session.accounting().tasks_gone == 2);
  CHECK(session.accounting().tasks_detached == 1);
  CHECK(session.final_doubts().empty());
}

TEST_CASE("a thread that executes takes its leader's place, and is let go under that number") {
  Notebook notebook;
  Session session(kTarget, kFamily, notebook);
  session.let_go();

  CHECK(session.handle(script::executed(kTarget, kThread, kTool)) == detached(kTarget));
  session.handle(script::arrived(kChild, kTool));

  CHECK(session.accounting().tasks_gone == 1);
  CHECK(session.accounting().tasks_detached == 2);
  CHECK(session.final_doubts().empty());
}

TEST_CASE("who cannot be stopped is let go by our end") {
  Notebook notebook;
  Session session(kTarget, kFamily, notebook);
  session.let_go();
  session.handle(script::arrived(kThread, kShell));
  session.handle(script::arrived(kChild, kTool));

  session.settle({kTarget, kThread});  // the thread has been let go already

  CHECK(session.accounting().tasks_detached == 3);
  CHECK(session.final_doubts().empty());
}

TEST_CASE("who is neither let go nor left behind was lost sight of") {
  Notebook notebook;
  Session session(kTarget, kFamily, notebook);

  session.settle({kTarget});

  CHECK(session.final_doubts() ==
        std::set<std::string>{"3 tasks were born but 1 ended: the rest was lost sight of"});
}

TEST_CASE("the daemons of a command that has ended can be let go") {
  Notebook notebook;
  ScriptedKernel kernel({script::executed(kTarget, kTarget, kShell),
                         script::born(kTarget, PTRACE_EVENT_FORK, kChild), script::arrived(kChild, kShell),
                         script::exited(kTarget, 3), script::arrived(kChild, kShell)});
  Session session(kTarget, StopMode::syscall, notebook);
  const auto let_go = [&] {
    for (const pid_t tid : session.let_go()) kernel.interrupt(tid);
  };

  follow(kernel, session, {.command_ended = let_go});

  CHECK(kernel.interrupted == std::vector<pid_t>{kChild});
  CHECK(kernel.orders.back() == detached(kChild));
  CHECK(session.command_exit() == ExitStatus{3, std::nullopt});
  CHECK(session.accounting().tasks_detached == 1);
  CHECK(session.final_doubts().empty());
}

TEST_CASE("what a runtime's process does before it becomes the workload is not the workload's") {
  Notebook notebook;
  const std::vector<Seized> tasks{{kCommand, kCommand, kShell}, {101, kCommand, kShell}};
  ScriptedKernel kernel({script::entered(kCommand, kGetpid), script::returned(kCommand, 0),
                         script::entered(101, 59), script::executed(kCommand, 101, kTool),
                         script::returned(kCommand, 0), script::entered(kCommand, kGetpid),
                         script::returned(kCommand, 0), script::exited(kCommand, 0)});
  Session session(kCommand, tasks, notebook, Attaching::launcher);
  follow(kernel, session, {});

  CHECK(notebook.entries == std::vector<Seen>{{kCommand, "/bin/tool", kGetpid}});
  CHECK(session.accounting().calls == 1);
  CHECK(session.final_doubts().empty());
}

TEST_CASE("of a runtime that brings a command into a container only that command is recorded") {
  Notebook notebook;
  auto in_ours = script::executed(kCommand, kCommand, kTool);
  in_ours.in_our_mounts = true;
  const std::vector<Seized> tasks{{kCommand, kCommand, kShell}};
  ScriptedKernel kernel({in_ours, script::born(kCommand, PTRACE_EVENT_FORK, 101), script::arrived(102, kTool),
                         script::arrived(101, kTool), script::executed(101, 101, kShell), script::returned(101, 0),
                         script::entered(101, kGetpid), script::returned(101, 0), script::exited(101, 5),
                         script::born(kCommand, PTRACE_EVENT_FORK, 102), script::exited(102, 0),
                         script::exited(kCommand, 0)});
  Session session(kCommand, tasks, notebook, Attaching::runtime);
  follow(kernel, session, {});

  CHECK(notebook.entries == std::vector<Seen>{{101, "/bin/sh", kGetpid}});
  CHECK(session.command_exit() == ExitStatus{5, std::nullopt});  // the command's, not the runtime's
  CHECK(kernel.orders.at(0) == go_on(kCommand, Resume::Until::next_filtered));
  CHECK(kernel.orders.at(2) == go_on(102, Resume::Until::next_filtered));
  CHECK(kernel.orders.at(4) == go_on(101, Resume::Until::next_boundary));
  CHECK(session.accounting().tasks_born == 2);
  CHECK(session.final_doubts().empty());
}

TEST_CASE("how a runtime ends that leaves before the command begins is not how the command ends") {
  Notebook notebook;
  const std::vector<Seized> tasks{{kCommand, kCommand, kShell}};
  ScriptedKernel kernel({script::born(kCommand, PTRACE_EVENT_FORK, 101), script::arrived(101, kShell),
                         script::exited(kCommand, 0), script::executed(101, 101, kTool), script::exited(101, 5)});
  Session session(kCommand, tasks, notebook, Attaching::runtime);
  follow(kernel, session, {});

  CHECK(session.command_exit() == ExitStatus{5, std::nullopt});
}

TEST_CASE("a filter of ours that a runtime has installed halves the stops, and binds the workload to us") {
  Notebook notebook;
  const std::vector<Seized> tasks{{kCommand, kCommand, kShell}};
  ScriptedKernel kernel({script::entered(kCommand, 59), script::filtered(kCommand, 59),
                         script::executed(kCommand, kCommand, kTool), script::returned(kCommand, 0),
                         script::filtered(kCommand, kGetpid), script::born(kCommand, PTRACE_EVENT_FORK, 101),
                         script::arrived(101, kTool), script::filtered(101, kGetpid), script::exited(101, 0),
                         script::exited(kCommand, 0)});
  Session session(kCommand, tasks, notebook, Attaching::launcher);
  CHECK(session.mode() == StopMode::syscall);
  follow(kernel, session, {});

  CHECK(session.mode() == StopMode::seccomp);
  CHECK(notebook.entries == std::vector<Seen>{{kCommand, "/bin/tool", kGetpid}, {101, "/bin/tool", kGetpid}});
  CHECK(kernel.orders.at(2).dies_with_us);
  CHECK(kernel.orders.at(3) == go_on(kCommand, Resume::Until::next_filtered));
  CHECK(kernel.orders.at(7) == go_on(101, Resume::Until::next_filtered));
  CHECK(session.final_doubts().empty());
}

TEST_CASE("nobody is let go whose filter needs us") {
  Notebook notebook;
  const std::vector<Seized> tasks{{kCommand, kCommand, kShell}};
  Session session(kCommand, tasks, notebook, Attaching::launcher);
  session.handle(script::filtered(kCommand, 59));
  session.handle(script::executed(kCommand, kCommand, kTool));

  CHECK(session.let_go().empty());
  CHECK(session.handle(script::filtered(kCommand, kGetpid)) == go_on(kCommand, Resume::Until::next_filtered));
}

TEST_CASE("a filter that the workload brings itself is not taken for ours") {
  Notebook notebook;
  const std::vector<Seized> tasks{{kCommand, kCommand, kShell}};
  Session session(kCommand, tasks, notebook, Attaching::launcher);
  session.handle(script::entered(kCommand, 59));
  auto own = script::filtered(kCommand, 59);
  own.syscall->filter_data = 7;
  CHECK(session.handle(own).refuse == Verdict{Action::trace, 0});
  session.handle(script::executed(kCommand, kCommand, kTool));

  CHECK(session.mode() == StopMode::syscall);
  CHECK(session.handle(script::filtered(kCommand, kGetpid)).refuse == Verdict{Action::trace, 0});
}
