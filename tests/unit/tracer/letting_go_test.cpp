// SPDX-License-Identifier: Apache-2.0
#include <cerrno>

#include "tests/support/catch.hpp"
#include "tests/support/played_session.hpp"

namespace snug::tracer {
namespace {

using namespace script;
using Until = Resume::Until;

constexpr std::uint64_t kEpollWait = 232;

// A session of one task, in the middle of a call, that is to be let go.
struct Leaving {
  Notebook notebook;
  Session session{kCommand, {{.tid = kCommand, .process = kCommand, .executable = kTool}}, notebook};

  Leaving() {
    session.handle(script::entered(kCommand, kEpollWait));
    session.let_go();
  }
};

TEST_CASE("a call that letting go interrupted stops once more, where it can be begun again") {
  Leaving leaving;

  const Resume order = leaving.session.handle(script::returned(kCommand, -EINTR));

  CHECK(order.until == Until::next_boundary);
  CHECK(order.stop_again);
  CHECK(leaving.session.handle(script::arrived(kCommand, kTool)).until == Until::detached);
}

TEST_CASE("a call that returns by itself meanwhile is let go as it is") {
  Leaving leaving;

  const Resume order = leaving.session.handle(script::returned(kCommand, 1));

  CHECK(order.until == Until::detached);
  CHECK_FALSE(order.stop_again);
}

}  // namespace
}  // namespace snug::tracer
