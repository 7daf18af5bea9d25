// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "snug/recording.hpp"
#include "tests/support/catch.hpp"

namespace snug {
namespace {

const RunId kShell = "r-00000000000000a1";
const RunId kServer = "r-00000000000000b2";
const ExecutableId kDash = "x-00000000000000a1";
const ExecutableId kCat = "x-00000000000000b2";

constexpr std::string_view kEdited = "record again; a recording is not meant to be edited";

// Two complete runs by two executables.
Recording sample() {
  const Stack stack{{{"/lib/libc.so.6", 0x1b2c, "openat"}, {"/usr/bin/cat", 0x30, ""}}, true};
  Recording recording;
  recording.runs[kShell] = {.command = {"sh", "-c", "cat x"},
                            .started = "2026-01-02T03:04:05.000006Z",
                            .duration_ms = 14,
                            .exit = {3, std::nullopt},
                            .host = {"6.18.0", Arch::x86_64, "glibc 2.36"},
                            .tracer = {"0.1.0", "seccomp", true, false},
                            .accounting = {2, 2, 3, 60, 50, 22, 0},
                            .incomplete_because = {}};
  recording.runs[kServer] = recording.runs[kShell];
  recording.runs[kServer].started = "2026-01-02T03:04:04.000006Z";
  recording.runs[kServer].exit = {std::nullopt, 15};
  recording.executables[kDash] = {"/usr/bin/dash", "ab12"};
  recording.executables[kCat] = {"/usr/bin/cat", ""};
  recording.syscalls[{Arch::x86_64, 257}] = {
      {{kShell, kDash}, {2, 2, {{"ENOENT", 1}}, {3, 70, {}}}},
      {{kServer, kCat}, {4, 1, {{"EPERM", 1}, {"ENOENT", 2}}, {5, 80, stack}}}};
  recording.syscalls[{Arch::x86_64, 9999}] = {{{kShell, kCat}, {16, 0, {}, {9, 71, {}}}}};
  return recording;
}

// `text` with the one occurrence of `from` replaced.
std::string changed(std::string text, std::string_view from, std::string_view to) {
  const auto place = text.find(from);
  REQUIRE(place != std::string::npos);
  REQUIRE(text.find(from, place + 1) == std::string::npos);
  return text.replace(place, from.size(), to);
}

std::string changed_sample(std::string_view from, std::string_view to) {
  return changed(render(sample()), from, to);
}

// A change to the sample's text, and what is then wrong with it.
struct Change {
  std::string_view from, to, because;
};

Error refusal(std::string_view because, std::string_view remedy) {
  return {ErrorCode::bad_input, "cannot read the recording some.json", std::string{because}, std::string{remedy}};
}

void check_refused(std::string_view text, const Error& error) {
  CAPTURE(text);
  const auto recording = parse_recording(text, "some.json");
  REQUIRE_FALSE(recording);
  CHECK(recording.error().because == error.because);
  CHECK(recording.error() == error);
}

// For files that only a hand or another program can have made, where the words matter less.
void check_refused_somehow(std::string_view text) {
  CAPTURE(text);
  const auto recording = parse_recording(text, "some.json");
  CHECK_FALSE(recording);
  if (!recording) CHECK(recording.error().code == ErrorCode::bad_input);
}

void check_read_back(const Recording& recording) {
  const auto again = parse_recording(render(recording), "some.json");
  REQUIRE(again);
  CHECK(*again == recording);
}

TEST_CASE("a recording is written with one element a line, and totals beside the observations") {
  CHECK(render(sample()) == R"({
 "schema": "snug.recording/1",
 "complete": true,
 "incomplete_because": [],
 "runs": [
  {"id":"r-00000000000000a1","command":["sh","-c","cat x"],"started":"2026-01-02T03:04:05.000006Z","duration_ms":14,"exit":{"code":3},"host":{"kernel":"6.18.0","arch":"x86_64","libc":"glibc 2.36"},"tracer":{"version":"0.1.0","mode":"seccomp","privileged":true,"no_new_privileges":false},"container":null,"accounting":{"tasks_born":2,"tasks_gone":2,"execs":3,"stops":60,"calls":22,"syscall_stops":50,"unread":0},"complete":true,"incomplete_because":[]},
  {"id":"r-00000000000000b2","command":["sh","-c","cat x"],"started":"2026-01-02T03:04:04.000006Z","duration_ms":14,"exit":{"signal":15},"host":{"kernel":"6.18.0","arch":"x86_64","libc":"glibc 2.36"},"tracer":{"version":"0.1.0","mode":"seccomp","privileged":true,"no_new_privileges":false},"container":null,"accounting":{"tasks_born":2,"tasks_gone":2,"execs":3,"stops":60,"calls":22,"syscall_stops":50,"unread":0},"complete":true,"incomplete_because":[]}
 ],
 "executables": [
  {"id":"x-00000000000000a1","path":"/usr/bin/dash","build_id":"ab12"},
  {"id":"x-00000000000000b2","path":"/usr/bin/cat","build_id":""}
 ],
 "syscalls": [
  {"arch":"x86_64","name":"openat","number":257,"count":6,"outcomes":3,"errors":{"ENOENT":3,"EPERM":1},"executables":["x-00000000000000a1","x-00000000000000b2"],"runs":["r-00000000000000a1","r-00000000000000b2"],"first":{"run":"r-00000000000000b2","executable":"x-00000000000000b2","elapsed_ms":5,"tid":80},"observations":[{"run":"r-00000000000000a1","executable":"x-00000000000000a1","count":2,"outcomes":2,"errors":{"ENOENT":1},"first":{"elapsed_ms":3,"tid":70}},{"run":"r-00000000000000b2","executable":"x-00000000000000b2","count":4,"outcomes":1,"errors":{"ENOENT":2,"EPERM":1},"first":{"elapsed_ms":5,"tid":80,"stack":{"frames":[["/lib/libc.so.6",6956,"openat"],["/usr/bin/cat",48,""]],"partial":true}}}]},
  {"arch":"x86_64","name":null,"number":9999,"count":16,"outcomes":0,"errors":{},"executables":["x-00000000000000b2"],"runs":["r-00000000000000a1"],"first":{"run":"r-00000000000000a1","executable":"x-00000000000000b2","elapsed_ms":9,"tid":71},"observations":[{"run":"r-00000000000000a1","executable":"x-00000000000000b2","count":16,"outcomes":0,"errors":{},"first":{"elapsed_ms":9,"tid":71}}]}
 ]
}
)");
}

TEST_CASE("an empty recording is written and read") {
  const std::string text = render(Recording{});

  CHECK(text ==
        "{\n \"schema\": \"snug.recording/1\",\n \"complete\": true,\n \"incomplete_because\": [],\n"
        " \"runs\": [],\n \"executables\": [],\n \"syscalls\": []\n}\n");
  check_read_back({});
}

TEST_CASE("a recording of several runs, with a call that has no name, is read back") {
  check_read_back(sample());
}

TEST_CASE("calls of an unknown architecture and a run of an unknown end are read back") {
  Recording recording = sample();
  recording.runs[kShell].host.arch = Arch::unknown;
  recording.runs[kShell].exit = {};
  recording.syscalls[{Arch::unknown, 4294967295}] = {{{kShell, kCat}, {1, 0, {}, {0, 1, {}}}}};

  check_read_back(recording);
}

TEST_CASE("the largest numbers are read back") {
  Recording recording = sample();
  recording.runs[kShell].duration_ms = UINT64_MAX;
  recording.syscalls[{Arch::i386, 3}] = {
      {{kShell, kCat}, {UINT64_MAX, 1, {{"EIO", 1}}, {UINT64_MAX, INT32_MAX, {}}}}};

  check_read_back(recording);
}

TEST_CASE("an incomplete run makes its recording incomplete, and the file says why in both places") {
  Recording recording = sample();
  recording.runs[kServer].incomplete_because = {"a \"b\" was lost"};
  recording.runs[kServer].accounting = {5, 4, 3, 60, 50, 22, 7};

  const std::string text = render(recording);

  CHECK(text.find("\n \"complete\": false,\n \"incomplete_because\": [\n  \"a \\\"b\\\" was lost\"\n ],\n") !=
        std::string::npos);
  CHECK(text.find("\"complete\":false,\"incomplete_because\":[\"a \\\"b\\\" was lost\"]}") != std::string::npos);
  check_read_back(recording);
}

TEST_CASE("commands and paths keep quotes, control characters and every script") {
  Recording recording = sample();
  recording.runs[kShell].command = {"sh", "-c", "echo \"a\\b\" 'c'\n\t\x01\x7f", "", "grün 系統 \xf0\x9f\x90\x82"};
  recording.executables[kCat].path = "/tmp/a \"b\"\n/c";

  check_read_back(recording);
}

TEST_CASE("bytes that are not UTF-8 become U+FFFD, once and for all") {
  Recording recording = sample();
  recording.runs[kShell].command = {"cat", "caf\xe9", "\xff\xfe", "cut \xe2\x82"};
  recording.executables[kCat].path = "/tmp/\x80";
  const std::string text = render(recording);

  const auto again = parse_recording(text, "some.json");

  REQUIRE(again);
  CHECK(again->runs.at(kShell).command ==
        std::vector<std::string>{"cat", "caf\uFFFD", "\uFFFD\uFFFD", "cut \uFFFD"});
  CHECK(again->executables.at(kCat).path == "/tmp/\uFFFD");
  CHECK(render(*again) == text);
}

TEST_CASE("what is not whole JSON is refused with the place where it stops making sense") {
  constexpr std::string_view kCut = "record again: the file was cut short or is something else";
  check_refused("snug", refusal("it is not whole JSON (byte 1 of 4)", kCut));
  check_refused("{\"schema\": sn}", refusal("it is not whole JSON (byte 12 of 14)", kCut));
  check_refused("{} {}", refusal("it is not whole JSON (byte 4 of 5)", kCut));
  check_refused("{\"schema\"", refusal("it is not whole JSON (byte 10 of 9)", kCut));
  check_refused("", refusal("it is empty", "record again"));
  check_refused("{\"schema\": \"\xe9\"}", refusal("it is not whole JSON (byte 14 of 15)", kCut));
}

TEST_CASE("JSON that is no recording is refused") {
  const Error error =
      refusal("it is JSON, but not a recording: it has no \"schema\"", "give a file that 'snug trace' has written");
  for (const char* const text : {"{}", "[]", "null", "7", "\"snug.recording/1\"", R"({"schema": ""})",
                                 R"({"defaultAction": "SCMP_ACT_ERRNO"})", R"([{"schema": "snug.recording/1"}])"}) {
    check_refused(text, error);
  }
}

TEST_CASE("a recording of another schema version is refused") {
  check_refused(changed_sample("snug.recording/1", "snug.recording/2"),
                refusal("its schema is \"snug.recording/2\", and this snug reads \"snug.recording/1\"",
                        "record again with this version of snug, or read it with the version that wrote it"));
}

TEST_CASE("what is missing or of the wrong type is refused, and the message names the element") {
  const auto [from, to, because] = GENERATE(values<Change>({
      {R"("schema": "snug.recording/1")", R"("schema": 1)",
       "it does not have the form of a recording: type must be string, but is "
       "number"},
      {R"("complete": true,)", "", "it does not have the form of a recording: key 'complete' not found"},
      {R"("complete": true,)", R"("complete": 1,)",
       "it does not have the form of a recording: type must be boolean, but is "
       "number"},
      {R"({"id":"r-00000000000000b2",)", "{", R"("runs", element 1: key 'id' not found)"},
      {R"("exit":{"code":3})", R"("exit":{"code":"3"})",
       R"("runs", element 0: type must be number, but is string)"},
      {R"("started":"2026-01-02T03:04:04.000006Z")", R"("started":null)",
       R"("runs", element 1: type must be string, but is null)"},
      {R"("path":"/usr/bin/cat")", R"("path":["/usr/bin/cat"])",
       R"("executables", element 1: type must be string, but is array)"},
      {R"(,"build_id":"ab12")", "", R"("executables", element 0: key 'build_id' not found)"},
      {R"("number":9999)", R"("number":"9999")", R"("syscalls", element 1: type must be number, but is string)"},
      {R"("name":null)", R"("nome":null)", R"("syscalls", element 1: key 'name' not found)"},
      {R"("frames":)", R"("lines":)", R"("syscalls", element 0: key 'frames' not found)"},
      {R"("errors":{"ENOENT":1})", R"("errors":["ENOENT"])",
       R"("syscalls", element 0: type must be object, but is array)"},
  }));

  check_refused(changed_sample(from, to), refusal(because, kEdited));
}

TEST_CASE("a recording that contradicts itself is refused") {
  const auto [from, to, because] = GENERATE(values<Change>({
      {R"("complete": true)", R"("complete": false)", R"("complete" contradicts the runs)"},
      {R"("number":257,"count":6)", R"("number":257,"count":7)",
       R"("syscalls", element 0: call 257 of x86_64 has the count 7, but its observations add up to 6)"},
      {R"("count":2,)", R"("count":0,)", R"("syscalls", element 0: an observation has the count 0)"},
      {R"({"id":"r-00000000000000b2")", R"({"id":"r-00000000000000b3")",
       R"("syscalls", element 0: an observation names the unknown run r-00000000000000b2)"},
      {R"({"id":"x-00000000000000b2")", R"({"id":"x-00000000000000b3")",
       R"("syscalls", element 0: an observation names the unknown executable x-00000000000000b2)"},
      {R"("name":"openat")", R"("name":"open")",
       R"("syscalls", element 0: call 257 of x86_64 is named 'open', but it is openat)"},
      {R"(["/usr/bin/cat",48,""])", R"(["/usr/bin/cat",48])",
       R"("syscalls", element 0: array index 2 is out of range)"},
      {R"({"arch":"x86_64","name":null)", R"({"arch":"mips","name":null)",
       R"("syscalls", element 1: unknown architecture 'mips')"},
  }));

  check_refused(changed_sample(from, to), refusal(because, kEdited));
}

TEST_CASE("the architecture of a run's host must be one we know, or said to be unknown") {
  Recording one_run = sample();
  one_run.syscalls.clear();
  one_run.runs.erase(kServer);

  check_refused(changed(render(one_run), R"("arch":"x86_64")", R"("arch":"X86")"),
                refusal(R"("runs", element 0: unknown architecture 'X86')", kEdited));
}

TEST_CASE("a name that this table lacks is accepted: a newer one has written it") {
  const auto recording = parse_recording(changed_sample(R"("name":null)", R"("name":"newer_call")"), "some.json");

  REQUIRE(recording);
  CHECK(*recording == sample());
}

TEST_CASE("keys that this version does not know are skipped: the format may grow") {
  const auto recording =
      parse_recording(changed_sample(R"("schema":)", R"("capabilities": [{"a": 1}], "schema":)"), "some.json");

  REQUIRE(recording);
  CHECK(*recording == sample());
}

TEST_CASE("a call that nobody made is refused") {
  Recording recording;
  recording.syscalls[{Arch::x86_64, 0}];
  const std::string call =
      R"({"arch":"x86_64","name":"read","number":0,"count":0,"outcomes":0,"errors":{},"observations":[]})";

  check_refused_somehow(changed(render(Recording{}), R"("syscalls": [])", R"("syscalls": [)" + call + "]"));
}

TEST_CASE("numbers that would not survive the reading are refused") {
  check_refused_somehow(changed_sample(R"("number":9999)", R"("number":4294967297)"));
  check_refused_somehow(changed_sample(R"("number":9999)", R"("number":-1)"));
  check_refused_somehow(changed_sample(R"("number":9999)", R"("number":9999.5)"));
  check_refused_somehow(changed_sample(R"("number":9999)", R"("number":true)"));
  check_refused_somehow(changed_sample(R"("outcomes":1)", R"("outcomes":-1)"));
  check_refused_somehow(changed_sample(R"({"ENOENT":2,"EPERM":1})", R"({"ENOENT":2,"EPERM":-1})"));
  check_refused_somehow(changed_sample(R"("elapsed_ms":3)", R"("elapsed_ms":-3)"));
  check_refused_somehow(changed_sample(R"("code":3)", R"("code":99999999999)"));
}

TEST_CASE("a part that is no array is refused, not taken for an empty one") {
  const std::string empty = render(Recording{});
  for (const char* const part : {"runs", "executables", "syscalls"}) {
    for (const char* const instead : {"null", "{}", "\"\"", "0"}) {
      check_refused_somehow(
          changed(empty, fmt::format("\"{}\": []", part), fmt::format("\"{}\": {}", part, instead)));
    }
  }
}

TEST_CASE("a run, an executable or an observation that a file tells of twice is refused") {
  Recording only_runs = sample();
  only_runs.syscalls.clear();

  check_refused_somehow(
      changed(render(only_runs), R"({"id":"r-00000000000000b2")", R"({"id":"r-00000000000000a1")"));
  check_refused_somehow(
      changed(render(only_runs), R"({"id":"x-00000000000000b2")", R"({"id":"x-00000000000000a1")"));
  check_refused_somehow(changed_sample(
      R"("executable":"x-00000000000000b2","count":16,)",
      R"("executable":"x-00000000000000b2","count":1,"outcomes":1,"errors":{},"first":{"elapsed_ms":1,"tid":1}},)"
      R"({"run":"r-00000000000000a1","executable":"x-00000000000000b2","count":16,)"));
}

TEST_CASE("a run that both exited and was killed is refused") {
  check_refused_somehow(changed_sample(R"("exit":{"code":3})", R"("exit":{"code":3,"signal":9})"));
}

TEST_CASE("a recording that was cut short anywhere is refused") {
  const std::string text = render(sample());
  REQUIRE(parse_recording(text.substr(0, text.size() - 1), "some.json"));  // only the line's end is missing

  for (std::size_t length = 0; length < text.size() - 1; ++length) {
    const auto recording = parse_recording(std::string_view{text}.substr(0, length), "some.json");
    if (recording || recording.error().code != ErrorCode::bad_input) FAIL("cut after byte " << length);
  }
}

// Most such files are refused. The few that are accepted (a changed path, a changed time) are recordings like any
// other.
TEST_CASE("a recording with one byte changed is refused, or can be written and read again") {
  const std::string text = render(sample());
  std::mt19937_64 dice(1);
  int accepted = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string mutated = text;
    mutated[dice() % text.size()] = static_cast<char>(dice());

    const auto recording = parse_recording(mutated, "some.json");
    if (!recording) continue;
    ++accepted;
    const auto again = parse_recording(render(*recording), "some.json");
    if (!again || *again != *recording) FAIL(mutated);
  }

  CHECK(accepted > 0);
  CHECK(accepted < 1000);
}

}  // namespace
}  // namespace snug
