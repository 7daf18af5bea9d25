// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "snug/recording.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

// Recordings that share runs, executables and calls, so that merging has something to decide.
class Recordings {
 public:
  Recording operator()() {
    Recording recording;
    for (std::uint32_t runs = below(4); runs > 0; --runs) recording.runs.try_emplace(run_id(), run());
    for (const auto& [id, run] : recording.runs) {
      for (std::uint32_t calls = below(12); calls > 0; --calls) {
        const std::uint32_t executable = below(3);
        const ExecutableId program = fmt::format("x-{:016x}", executable);
        recording.executables[program] = {fmt::format("/bin/{}", executable), "abcd"};
        recording.syscalls[{pick({Arch::x86_64, Arch::i386}), below(6)}][{id, program}] = observation();
        if (below(2) == 0) recording.capabilities[capability()][{id, program}] = evidence();
      }
    }
    return recording;
  }

 private:
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(engine_()) % bound; }

  template <typename T, std::size_t Size>
  T pick(const T (&choices)[Size]) {
    return choices[below(Size)];
  }

  RunId run_id() { return fmt::format("r-{:016x}", below(5)); }

  Run run() {
    Run run;
    run.command = {"test", std::to_string(below(2))};
    run.started = "2026-01-01T00:00:00.000000Z";
    run.duration_ms = below(3);
    run.end = pick({Run::End::checkpoint, Run::End::last_task, Run::End::command});
    run.exit.code = static_cast<int>(below(2));
    run.host = {"6.1", Arch::x86_64, "glibc 2.36"};
    run.tracer = {"0.1.0", pick({"seccomp", "syscall"}), below(2) == 0, false};
    run.accounting.calls = below(3);
    if (below(3) == 0) run.incomplete_because = {"something was missed"};
    if (below(2) == 0) run.privilege = privilege();
    return run;
  }

  Privilege privilege() {
    Privilege own;
    own.uid = below(2);
    own.bounding = below(4);
    own.no_new_privileges = below(2) == 0;
    if (below(2) == 0) own.gains = {"/bin/su"};
    return own;
  }

  CapabilityKey capability() {
    CapabilityKey key{{Arch::x86_64, below(2)}, pick({CapabilityUse::used, CapabilityUse::attempted}), {}, ""};
    key.need = {CapabilitySet{1 + below(3)}, CapabilitySet{1 + below(3)}};
    if (below(2) == 0) key.on = "/etc";
    return key;
  }

  CapabilityEvidence evidence() {
    CapabilityEvidence seen{
        .count = 1 + below(3), .confirmed = below(2), .first = observation().first, .phases = {}};
    if (below(2) == 0) seen.phases["startup"] = seen.count;
    return seen;
  }

  Observation observation() {
    Observation seen;
    seen.count = 1 + below(3);
    seen.outcomes = below(static_cast<std::uint32_t>(seen.count) + 1);
    if (seen.outcomes > 0 && below(2) == 0) seen.errors["ENOENT"] = 1;
    seen.first.elapsed_ms = below(3);
    seen.first.tid = static_cast<std::int32_t>(1 + below(3));
    if (below(2) == 0) seen.first.stack.frames = {{"/lib/libc.so", "ef", below(4), "read"}};
    if (below(2) == 0) seen.arguments["flags"] = {{below(3), below(3)}, false};
    if (below(2) == 0) seen.phases["startup"] = seen.count;
    return seen;
  }

  std::mt19937 engine_{23};  // the same cases every time
};

constexpr int kCases = 2000;

}  // namespace

TEST_CASE("merging is commutative, associative and idempotent, and the empty recording is its neutral element") {
  Recordings random;
  int different = 0;
  for (int i = 0; i < kCases; ++i) {
    const Recording a = random();
    const Recording b = random();
    const Recording c = random();
    const Recording ab = merge(a, b);
    CHECK(ab == merge(b, a));
    CHECK(merge(ab, c) == merge(a, merge(b, c)));
    CHECK(merge(a, a) == a);
    CHECK(merge(ab, a) == ab);
    CHECK(merge(a, {}) == a);
    CHECK(merge({}, a) == a);
    different += a != b ? 1 : 0;
  }
  CHECK(different > kCases / 2);
}

TEST_CASE("any order and any grouping of shards gives the same bytes") {
  Recordings random;
  std::mt19937 engine(29);
  for (int i = 0; i < 200; ++i) {
    std::vector<Recording> shards(7);
    std::ranges::generate(shards, random);
    Recording all;
    for (const Recording& shard : shards) all = merge(std::move(all), shard);

    std::ranges::shuffle(shards, engine);
    while (shards.size() > 1) {
      const std::size_t into = engine() % (shards.size() - 1);
      shards[into] = merge(shards[into], shards.back());
      shards.pop_back();
    }
    CHECK(render(shards.front()) == render(all));
  }
}

TEST_CASE("what is written is read again as it was") {
  Recordings random;
  for (int i = 0; i < 300; ++i) {
    const Recording recording = merge(random(), random());
    const std::string text = render(recording);
    const auto read = parse_recording(text, "it");
    if (!read) FAIL(read.error().because);
    CHECK(render(*read) == text);
  }
}
