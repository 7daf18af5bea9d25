// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/recorder.hpp"

#include <cerrno>

#include "tests/support/catch.hpp"

using namespace snug;
using namespace snug::tracer;

namespace {

const Executable kShell{"/bin/sh", "aa"};
const Executable kTool{"/bin/tool", "bb"};
constexpr Call kOpenat{Arch::x86_64, 257, 0xc000003e, {}};

Observation observation_of(const Recorder& recorder, const Executable& executable, const Call& call = kOpenat) {
  const auto recording = recorder.recording_of("r-1", Run{});
  return recording.syscalls.at({call.arch, call.number}).at({"r-1", snug::id_of(executable)});
}

}  // namespace

TEST_CASE("calls are counted for each executable") {
  Recorder recorder([] { return 5; });

  for (int i = 0; i < 3; ++i) recorder.entered({7, false, kShell}, kOpenat, 0);
  recorder.entered({8, false, kTool}, kOpenat, 0);

  CHECK(recorder.calls() == 4);
  CHECK(observation_of(recorder, kShell).count == 3);
  CHECK(observation_of(recorder, kTool).count == 1);
}

TEST_CASE("calls on the way to the first exec are not recorded") {
  Recorder recorder([] { return 5; });

  const Decision decision = recorder.entered({7, true, kShell}, kOpenat, 0);

  CHECK(recorder.calls() == 0);
  CHECK_FALSE(decision.watch_outcome);
}

TEST_CASE("the first time stays the first time") {
  std::uint64_t now = 10;
  Recorder recorder([&] { return now; });

  recorder.entered({7, false, kShell}, kOpenat, 0);
  now = 20;
  recorder.entered({8, false, kShell}, kOpenat, 0);

  CHECK(observation_of(recorder, kShell).first == FirstSeen{10, 7, {}});
}

TEST_CASE("the stack is read once for each executable and call") {
  std::vector<pid_t> asked;
  const Stack stack{{{"/lib/libc.so", "cd", 16, "open"}}, false};
  Recorder recorder([] { return 5; },
                    [&](pid_t tid) {
                      asked.push_back(tid);
                      return stack;
                    });

  recorder.entered({7, false, kShell}, kOpenat, 0);
  recorder.entered({8, false, kShell}, kOpenat, 0);
  recorder.entered({9, false, kTool}, kOpenat, 0);

  CHECK(asked == std::vector<pid_t>{7, 9});
  CHECK(observation_of(recorder, kShell).first.stack == stack);
}

TEST_CASE("the first 32 outcomes of a call are watched, and their errors counted by name") {
  Recorder recorder([] { return 5; });
  int watched = 0;

  for (int i = 0; i < 40; ++i) {
    if (!recorder.entered({7, false, kShell}, kOpenat, 0).watch_outcome) continue;
    ++watched;
    recorder.returned({7, false, kShell}, kOpenat, {i == 0 ? 3 : -ENOENT, i != 0});
  }

  const Observation observation = observation_of(recorder, kShell);
  CHECK(watched == 32);
  CHECK(observation.count == 40);
  CHECK(observation.outcomes == 32);
  CHECK(observation.errors == std::map<std::string, std::uint64_t>{{"ENOENT", 31}});
}

TEST_CASE("a call of an unknown architecture is kept, and said not to be understood") {
  Recorder recorder([] { return 5; });
  const Call foreign{Arch::unknown, 4020, 0x40000008, {}};

  recorder.entered({7, false, kShell}, foreign, 0);

  CHECK(observation_of(recorder, kShell, foreign).count == 1);
  CHECK(recorder.incomplete_because() ==
        std::vector<std::string>{
            "1 calls were made by an architecture that snug has no table for (AUDIT_ARCH 0x40000008)"});
}

TEST_CASE("errno names include the kernel's restart codes, and numbers without a name stay numbers") {
  CHECK(errno_name(EPERM) == "EPERM");
  CHECK(errno_name(512) == "ERESTARTSYS");
  CHECK(errno_name(516) == "ERESTART_RESTARTBLOCK");
  CHECK(errno_name(4000) == "4000");
}
