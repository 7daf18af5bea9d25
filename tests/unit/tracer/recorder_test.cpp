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

constexpr Call kAccept{Arch::x86_64, 43, 0xc000003e, {}};
constexpr Call kSocket{Arch::x86_64, 41, 0xc000003e, {}};

using Phases = std::map<std::string, std::uint64_t>;

Call socket_of(std::uint64_t domain, std::uint64_t type) {
  Call call = kSocket;
  call.arguments = {domain, type};
  return call;
}

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

TEST_CASE("what is passed is kept by the argument's name, for each executable") {
  Recorder recorder([] { return 5; });

  recorder.entered({7, false, kShell}, socket_of(1, 0x80001), 0);
  recorder.entered({7, false, kShell}, socket_of(2, 0x80001), 0);
  recorder.entered({7, false, kTool}, socket_of(10, 1), 0);

  using Arguments = std::map<std::string, ArgumentValues>;
  CHECK(observation_of(recorder, kShell, kSocket).arguments ==
        Arguments{{"domain", {{1, 2}, false}}, {"type", {{0x80001}, false}}, {"protocol", {{0}, false}}});
  CHECK(observation_of(recorder, kTool, kSocket).arguments.at("domain") == ArgumentValues{{10}, false});
}

TEST_CASE("of the arguments of other calls nothing is kept") {
  Recorder recorder([] { return 5; });

  recorder.entered({7, false, kShell}, kOpenat, 0);

  CHECK(observation_of(recorder, kShell).arguments.empty());
}

TEST_CASE("flags that could not be read are left out") {
  Recorder recorder([] { return 5; });
  Call clone3{Arch::x86_64, 435, 0xc000003e, {}};

  recorder.entered({7, false, kShell}, clone3, 0);
  CHECK(observation_of(recorder, kShell, clone3).arguments.empty());

  clone3.pointed = 0x100;
  recorder.entered({7, false, kShell}, clone3, 0);
  CHECK(observation_of(recorder, kShell, clone3).arguments.at("flags") == ArgumentValues{{0x100}, false});
}

TEST_CASE("33 different values are many") {
  Recorder recorder([] { return 5; });

  for (std::uint64_t domain = 0; domain < 33; ++domain)
    recorder.entered({7, false, kShell}, socket_of(domain, 1), 0);

  CHECK(observation_of(recorder, kShell, kSocket).arguments.at("domain") == ArgumentValues{{}, true});
  CHECK(observation_of(recorder, kShell, kSocket).arguments.at("type") == ArgumentValues{{1}, false});
}

TEST_CASE("the first call that waits for work is the first one of the phase serving") {
  Recorder recorder([] { return 5; });

  for (int i = 0; i < 3; ++i) recorder.entered({7, false, kShell}, kOpenat, 0);
  recorder.entered({7, false, kShell}, kAccept, 0);
  recorder.entered({8, false, kShell}, kOpenat, 0);

  CHECK(observation_of(recorder, kShell).phases == Phases{{"startup", 3}, {"serving", 1}});
  CHECK(observation_of(recorder, kShell, kAccept).phases == Phases{{"serving", 1}});
}

TEST_CASE("on the way to the first exec no phase begins") {
  Recorder recorder([] { return 5; });

  recorder.entered({7, true, kShell}, kAccept, 0);
  recorder.entered({7, false, kShell}, kOpenat, 0);

  CHECK(observation_of(recorder, kShell).phases == Phases{{"startup", 1}});
}

TEST_CASE("phases do not begin by themselves when that is turned off") {
  Recorder recorder([] { return 5; }, no_stack, AutomaticPhases::off);

  recorder.entered({7, false, kShell}, kAccept, 0);

  CHECK(observation_of(recorder, kShell, kAccept).phases == Phases{{"startup", 1}});
}

TEST_CASE("once a phase was begun by hand, none begins by itself") {
  Recorder recorder([] { return 5; });

  recorder.begin_phase("warm up");
  recorder.entered({7, false, kShell}, kAccept, 0);

  CHECK(observation_of(recorder, kShell, kAccept).phases == Phases{{"warm up", 1}});
}

TEST_CASE("a phase that is begun again goes on") {
  Recorder recorder([] { return 5; });

  for (const char* const phase : {"load", "rest", "load", "startup"}) {
    recorder.entered({7, false, kShell}, kOpenat, 0);
    recorder.begin_phase(phase);
  }
  recorder.entered({7, false, kShell}, kOpenat, 0);

  CHECK(observation_of(recorder, kShell).phases == Phases{{"startup", 2}, {"load", 2}, {"rest", 1}});
}

TEST_CASE("a recording taken while recording goes on holds what was seen so far, and changes nothing") {
  Recorder recorder([] { return 5; });
  recorder.entered({7, false, kShell}, kOpenat, 0);

  const Recording checkpoint = recorder.recording_of("r-1", Run{});
  recorder.entered({7, false, kShell}, kOpenat, 0);
  const Recording last = recorder.recording_of("r-1", Run{});

  CHECK(total_count(checkpoint.syscalls.at({Arch::x86_64, 257})) == 1);
  CHECK(total_count(last.syscalls.at({Arch::x86_64, 257})) == 2);
  CHECK(merge(checkpoint, last) == last);
}

TEST_CASE("errno names include the kernel's restart codes, and numbers without a name stay numbers") {
  CHECK(errno_name(EPERM) == "EPERM");
  CHECK(errno_name(512) == "ERESTARTSYS");
  CHECK(errno_name(516) == "ERESTART_RESTARTBLOCK");
  CHECK(errno_name(4000) == "4000");
}
