// SPDX-License-Identifier: Apache-2.0
#include "snug/recording.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <random>
#include <set>

#include "tests/support/catch.hpp"

namespace snug {
namespace {

constexpr int kRounds = 100;

// Makes recordings out of a small world, so that any two of them share runs, executables and calls; the same seed
// makes the same ones everywhere.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  Recording recording() {
    Recording made;
    for (const char* const id : {"r-0000000000000001", "r-0000000000000002", "r-0000000000000003"}) {
      if (flip()) made.runs[id] = run();
    }
    for (const char* const path : {"/bin/sh", "/bin/cat", "/usr/bin/env"}) {
      const Executable executable{path, "ab12"};
      if (flip()) made.executables[id_of(executable)] = executable;
    }
    for (const SyscallKey& key : {SyscallKey{Arch::x86_64, 0}, SyscallKey{Arch::x86_64, 9999},
                                  SyscallKey{Arch::i386, 3}, SyscallKey{Arch::unknown, 7}}) {
      if (auto observed = observations(made); !observed.empty()) made.syscalls[key] = std::move(observed);
    }
    for (const CapabilitySet any : {1U, 2U, 3U}) {
      const CapabilityKey key{{Arch::x86_64, 49}, CapabilityUse::used, {any}, flip() ? "/etc" : ""};
      if (auto seen = evidences(made); !seen.empty()) made.capabilities[key] = std::move(seen);
    }
    return made;
  }

  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }

 private:
  bool flip() { return below(2) == 0; }

  // Few enough values for one id to come with equal and with different runs.
  Run run() {
    Run made;
    made.command = flip() ? std::vector<std::string>{"sh", "-c", "exit \"3\""} : std::vector<std::string>{"true"};
    made.started = flip() ? "2026-01-02T03:04:05.000006Z" : "2026-01-02T03:04:05.000007Z";
    made.exit = flip() ? ExitStatus{3, std::nullopt} : ExitStatus{std::nullopt, 9};
    made.host = {"6.18.0", flip() ? Arch::x86_64 : Arch::unknown, "glibc 2.36"};
    made.begin = flip() ? Run::Begin::launch : Run::Begin::attach;
    made.end = std::array{Run::End::checkpoint, Run::End::last_task, Run::End::command, Run::End::detach}[below(4)];
    made.accounting.stops = below(3);
    made.accounting.tasks_attached = below(2);
    made.accounting.tasks_detached = below(2);
    if (flip()) made.incomplete_because = {"1 task was lost"};
    if (flip()) made.privilege.emplace().permitted = below(3);
    return made;
  }

  Observations observations(const Recording& of) {
    Observations made;
    for (const auto& [run_id, run] : of.runs) {
      for (const auto& [executable_id, executable] : of.executables) {
        if (flip()) made[{run_id, executable_id}] = observation();
      }
    }
    return made;
  }

  CapabilityEvidences evidences(const Recording& of) {
    CapabilityEvidences made;
    for (const auto& [run_id, run] : of.runs)
      for (const auto& [executable_id, executable] : of.executables)
        if (flip()) made[{run_id, executable_id}] = evidence();
    return made;
  }

  CapabilityEvidence evidence() {
    const std::uint64_t count = 1 + below(9);
    CapabilityEvidence made{count, below(count + 1), {below(50), static_cast<std::int32_t>(below(4)), stack()}, {}};
    if (flip()) made.phases = {{"serving", count}};
    return made;
  }

  Observation observation() {
    Observation made{1 + below(9), below(9), {}, {below(50), static_cast<std::int32_t>(below(4)), stack()}};
    if (flip()) made.errors["ENOENT"] = below(5);
    if (flip()) made.errors["EPERM"] = below(5);
    if (flip()) made.arguments["domain"] = values();
    if (flip()) made.arguments["type"] = values();
    if (flip()) made.phases = {{"serving", made.count}};
    if (flip()) made.phases = {{"serving", made.count / 2}, {"startup", made.count - made.count / 2}};
    return made;
  }

  ArgumentValues values() {
    ArgumentValues made{{}, flip()};
    if (!made.many) made.values = {below(3), UINT64_MAX - below(3)};
    return made;
  }

  Stack stack() {
    if (flip()) return {};
    const char* const build_id = flip() ? "ab12" : "";
    return {{{"/lib/libc.so.6", build_id, 0x1b2c, "openat"}, {"/bin/a b+0xc", "", 0, ""}, {"", "", below(9), ""}},
            flip()};
  }

  std::mt19937_64 engine_;
};

void check_same(const Recording& one, const Recording& other) {
  CHECK(one == other);
  CHECK(render(one) == render(other));
}

Run some_run() {
  Run run;
  run.command = {"sh", "-c", "exit 3"};
  run.started = "2026-01-02T03:04:05.000006Z";
  run.host.kernel = "6.18.0";
  return run;
}

TEST_CASE("merging in either order gives the same recording") {
  Dice dice(1);
  for (int round = 0; round < kRounds; ++round) {
    CAPTURE(round);
    const Recording a = dice.recording();
    const Recording b = dice.recording();

    check_same(merge(a, b), merge(b, a));
  }
}

TEST_CASE("merging in any grouping gives the same recording") {
  Dice dice(2);
  for (int round = 0; round < kRounds; ++round) {
    CAPTURE(round);
    const Recording a = dice.recording();
    const Recording b = dice.recording();
    const Recording c = dice.recording();

    check_same(merge(merge(a, b), c), merge(a, merge(b, c)));
  }
}

TEST_CASE("merging what is already there changes nothing") {
  Dice dice(3);
  for (int round = 0; round < kRounds; ++round) {
    CAPTURE(round);
    const Recording a = dice.recording();
    const Recording both = merge(a, dice.recording());

    check_same(merge(a, a), a);
    check_same(merge(both, a), both);
    check_same(merge(a, Recording{}), a);
  }
}

TEST_CASE("shards give the same bytes in whatever order they are merged") {
  Dice dice(4);
  std::array<Recording, 7> shards;
  std::generate(shards.begin(), shards.end(), [&] { return dice.recording(); });
  std::set<std::string> texts;
  for (int round = 0; round < kRounds; ++round) {
    Recording all;
    for (const Recording& shard : shards) all = merge(std::move(all), shard);
    texts.insert(render(all));
    std::rotate(shards.begin(), shards.begin() + 1, shards.end());
    std::swap(shards[0], shards[dice.below(shards.size())]);
  }

  CHECK(texts.size() == 1);
}

TEST_CASE("files that give one id to different executables merge alike in either order") {
  Recording a;
  Recording b;
  a.executables["x-0000000000000001"] = {"/bin/cat", ""};
  b.executables["x-0000000000000001"] = {"/bin/tac", ""};

  check_same(merge(a, b), merge(b, a));
}

TEST_CASE("two reports of one run are not added up: the one that saw more is right") {
  const std::pair<RunId, ExecutableId> where{"r-1", "x-1"};
  const SyscallKey read{Arch::x86_64, 0};
  Recording early;
  Recording late;
  early.syscalls[read][where] = {3, 2, {{"EINTR", 1}}, {10, 7, {}}};
  late.syscalls[read][where] = {5, 4, {{"EINTR", 2}, {"EAGAIN", 1}}, {10, 7, {}}};

  CHECK(merge(early, late) == late);
  CHECK(merge(late, early) == late);
}

TEST_CASE("two reports of one need are not added up, and other needs are kept beside it") {
  const CapabilityKey bound{{Arch::x86_64, 49}, CapabilityUse::used, {1}, "port 80/tcp"};
  const CapabilityKey refused{{Arch::x86_64, 49}, CapabilityUse::attempted, {1}, "port 80/tcp"};
  Recording early;
  Recording late;
  early.capabilities[bound][{"r-1", "x-1"}].count = 2;
  late.capabilities[bound][{"r-1", "x-1"}].count = 3;
  late.capabilities[bound][{"r-2", "x-1"}].count = 1;
  late.capabilities[refused][{"r-1", "x-1"}].count = 1;

  CHECK(merge(early, late) == late);
  CHECK(merge(late, early) == late);
}

TEST_CASE("what was written while recording went on gives way to what was written at the end") {
  Recording checkpoint;
  Recording last;
  checkpoint.runs["r-1"] = some_run();
  last = checkpoint;
  checkpoint.runs["r-1"].end = Run::End::checkpoint;

  CHECK(merge(checkpoint, last) == last);
  CHECK(merge(last, checkpoint) == last);
}

TEST_CASE("different runs and different executables are kept apart, and their counts add up") {
  const SyscallKey read{Arch::x86_64, 0};
  Recording one;
  Recording other;
  one.syscalls[read][{"r-1", "x-1"}].count = 3;
  one.syscalls[read][{"r-1", "x-2"}].count = 4;
  other.syscalls[read][{"r-2", "x-1"}].count = 5;

  const Recording merged = merge(one, other);

  CHECK(merged.syscalls.at(read).size() == 3);
  CHECK(total_count(merged.syscalls.at(read)) == 12);
  CHECK(total_count({}) == 0);
}

TEST_CASE("the same number in another architecture is another call") {
  Recording one;
  Recording other;
  one.syscalls[{Arch::x86_64, 3}][{"r-1", "x-1"}].count = 1;
  other.syscalls[{Arch::i386, 3}][{"r-1", "x-1"}].count = 1;

  CHECK(merge(one, other).syscalls.size() == 2);
}

TEST_CASE("the reasons of all runs are told once each, sorted") {
  Recording recording;
  recording.runs["r-1"].incomplete_because = {"b was lost", "c was lost"};
  recording.runs["r-2"].incomplete_because = {};
  recording.runs["r-3"].incomplete_because = {"a was lost", "c was lost"};

  CHECK(incomplete_because(recording) == std::vector<std::string>{"a was lost", "b was lost", "c was lost"});
}

TEST_CASE("a recording is complete when every run is") {
  Recording recording;
  CHECK(incomplete_because(recording).empty());

  recording.runs["r-1"] = some_run();
  CHECK(incomplete_because(recording).empty());
}

TEST_CASE("a complete run does not make up for an incomplete one") {
  Recording complete;
  Recording incomplete;
  complete.runs["r-1"] = some_run();
  incomplete.runs["r-2"].incomplete_because = {"a was lost"};

  CHECK(incomplete_because(merge(complete, incomplete)) == std::vector<std::string>{"a was lost"});
}

// The numbers were computed apart from this code: FNV-1a, 64 bits, over the fields, each followed by a zero byte.
TEST_CASE("ids are the same on every machine") {
  CHECK(id_of({"/usr/bin/dash", "be6397ddffc3e384c505d7deab3bed190c884df9"}) == "x-71e4852b8d2e959b");
  CHECK(id_of({"/bin/true", ""}) == "x-f5b4566fd9c42c4c");
  CHECK(id_of(some_run(), "0f1e2d3c-boot", 4242) == "r-ce1b43d9dd6c733a");
}

TEST_CASE("executables that differ in any field have different ids") {
  const std::set<ExecutableId> ids{id_of({"/bin/sh", "ab"}), id_of({"/bin/sh", "ac"}), id_of({"/bin/sg", "ab"}),
                                   id_of({"/bin/sh", ""}),   id_of({"/bin/sha", "b"}), id_of({"", "/bin/shab"})};

  CHECK(ids.size() == 6);
}

TEST_CASE("runs that differ in command, start, kernel, boot or tracer have different ids") {
  const auto changed = [](const std::function<void(Run&)>& change) {
    Run run = some_run();
    change(run);
    return id_of(run, "boot", 1);
  };
  const std::vector<std::string> split_early{"sh", "-c exit 3"};
  const std::vector<std::string> split_late{"sh-c", "exit 3"};
  const std::set<RunId> ids{
      id_of(some_run(), "boot", 1),
      id_of(some_run(), "boot", 2),
      id_of(some_run(), "other boot", 1),
      changed([](Run& run) { run.command.back() = "exit 4"; }),
      changed([](Run& run) { run.command.emplace_back(); }),
      changed([&](Run& run) { run.command = split_early; }),
      changed([&](Run& run) { run.command = split_late; }),
      changed([](Run& run) { run.started = "2026-01-02T03:04:05.000007Z"; }),
      changed([](Run& run) { run.host.kernel = "6.18.1"; }),
  };

  CHECK(ids.size() == 9);
}

TEST_CASE("what is only known at a run's end does not change its id") {
  Run ended = some_run();
  ended.duration_ms = 7;
  ended.exit.code = 3;
  ended.accounting.stops = 412;
  ended.incomplete_because = {"a was lost"};

  CHECK(id_of(ended, "boot", 1) == id_of(some_run(), "boot", 1));
}

TEST_CASE("any recording is read back as it was written") {
  Dice dice(5);
  for (int round = 0; round < kRounds; ++round) {
    CAPTURE(round);
    const Recording recording = dice.recording();

    const auto again = parse_recording(render(recording), "some.json");

    REQUIRE(again);
    CHECK(*again == recording);
    CHECK(render(*again) == render(recording));
  }
}

}  // namespace
}  // namespace snug
