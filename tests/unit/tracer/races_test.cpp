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

const WaitReport kStart = script::executed(kCommand, kCommand, kShell);

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
