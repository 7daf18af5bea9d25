// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <random>
#include <string>
#include <string_view>

#include "snug/recording.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/include/sample_recording.hpp"

namespace snug {
namespace {

using namespace test;

constexpr std::string_view kEdited = "record again; a recording is not meant to be edited";

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
      {R"("x-00000000000000b2","path":"/usr/bin/cat")", R"("x-00000000000000b2","path":["/usr/bin/cat"])",
       R"("executables", element 1: type must be string, but is array)"},
      {R"(,"build_id":"ab12")", "", R"("executables", element 0: key 'build_id' not found)"},
      {R"("number":9999)", R"("number":"9999")", R"("syscalls", element 1: type must be number, but is string)"},
      {R"("name":null)", R"("nome":null)", R"("syscalls", element 1: key 'name' not found)"},
      {R"("frames":[["x-edd34424e244e642",6956,)", R"("lines":[["x-edd34424e244e642",6956,)",
       R"("syscalls", element 0: key 'frames' not found)"},
      {R"("interval":{"from":"launch","to":"last task"},)", "", R"("runs", element 0: key 'interval' not found)"},
      {R"("objects":)", R"("object":)", R"("objects", element 0: key 'objects' not found)"},
      {R"("request":[21505])", R"("request":["21505"])",
       R"("syscalls", element 2: type must be number, but is string)"},
      {R"("arguments":{"request":[21505]})", R"("arguments":[21505])",
       R"("syscalls", element 2: type must be object, but is array)"},
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
      {R"("count":2,"outcomes":2,)", R"("count":0,"outcomes":2,)",
       R"("syscalls", element 0: an observation has the count 0)"},
      {R"({"id":"r-00000000000000b2")", R"({"id":"r-00000000000000b3")",
       R"("syscalls", element 0: an observation names the unknown run r-00000000000000b2)"},
      {R"({"id":"x-00000000000000b2")", R"({"id":"x-00000000000000b3")",
       R"("syscalls", element 0: an observation names the unknown executable x-00000000000000b2)"},
      {R"("name":"openat")", R"("name":"open")",
       R"("syscalls", element 0: call 257 of x86_64 is named 'open', but it is openat)"},
      {R"(["x-8568d972e1738fe1",48,""])", R"(["x-8568d972e1738fe1",48])",
       R"("syscalls", element 0: array index 2 is out of range)"},
      {R"(["x-8568d972e1738fe1",48,""])", R"(["/usr/bin/cat",48,""])",
       R"("syscalls", element 0: a frame names the unknown object /usr/bin/cat)"},
      {R"({"id":"x-edd34424e244e642","path":)", R"({"id":"x-8568d972e1738fe1","path":)",
       R"("objects", element 1: a second object x-8568d972e1738fe1)"},
      {R"("path":"/lib/libc.so.6")", R"("path":"")", R"("objects", element 1: an object has no path)"},
      {R"("to":"detach")", R"("to":"death")", R"("runs", element 1: unknown bound of an interval 'death')"},
      {R"("from":"attach")", R"("from":"detach")", R"("runs", element 1: unknown bound of an interval 'detach')"},
      {R"("phases":{"serving":1,"startup":3},"first")", R"("phases":{"serving":1,"startup":2},"first")",
       R"("syscalls", element 0: an observation has the count 4, but its phases add up to 3)"},
      {R"("phases":{"serving":1,"startup":3},"first")", R"("phases":{},"first")",
       R"("syscalls", element 0: an observation has the count 4, but its phases add up to 0)"},
      {R"("request":[21505])", R"("request":[])", R"("syscalls", element 2: an argument's values are [])"},
      {R"("request":[21505])", R"("request":"few")", R"("syscalls", element 2: an argument's values are "few")"},
      {R"("request":[21505])", R"("request":[7,7])", R"("syscalls", element 2: an argument has the value 7 twice)"},
      {R"({"arch":"x86_64","name":null)", R"({"arch":"mips","name":null)",
       R"("syscalls", element 1: unknown architecture 'mips')"},
  }));

  check_refused(changed_sample(from, to), refusal(because, kEdited));
}

TEST_CASE("what a run could do is refused where it is not whole") {
  const auto [from, to, because] = GENERATE(values<Change>({
      {R"("bounding":["CAP_CHOWN",)", R"("bounding":["CAP_MAGIC",)",
       R"("runs", element 0: unknown capability 'CAP_MAGIC')"},
      {R"("ambient":["CAP_CHOWN"],)", "", R"("runs", element 0: key 'ambient' not found)"},
      {R"("effective":["CAP_NET_BIND_SERVICE"])", R"("effective":[10])",
       R"("runs", element 0: type must be string, but is number)"},
      {R"("privilege":{"uid":0)", R"("privilege":{"uid":-1)",
       R"("runs", element 0: -1 is not a whole number from 0 to 4294967295)"},
      {R"("gid":5)", R"("gid":4294967296)",
       R"("runs", element 0: 4294967296 is not a whole number from 0 to 4294967295)"},
      {R"("in_first_namespace":false)", R"("in_first_namespace":0)",
       R"("runs", element 0: type must be boolean, but is number)"},
      {R"("effective":["CAP_NET_BIND_SERVICE"])", R"("effective":null)",
       R"("runs", element 0: null is no array of capabilities)"},
      {R"("effective":["CAP_NET_BIND_SERVICE"])", R"("effective":"CAP_NET_BIND_SERVICE")",
       R"("runs", element 0: "CAP_NET_BIND_SERVICE" is no array of capabilities)"},
      {R"("gains":["/usr/bin/ping","/usr/bin/su"])", R"("gains":"/usr/bin/su")",
       R"("runs", element 0: type must be array, but is string)"},
      {R"("unjudged_because":["calls of arm are not judged"])", R"("unjudged_because":[1])",
       R"("runs", element 0: type must be string, but is number)"},
      {R"("no_kernel_evidence":"tracefs is not mounted")", R"("no_kernel_evidence":null)",
       R"("runs", element 0: type must be string, but is null)"},
      {R"("privilege":{)", R"("privilege":null,"was":{)", R"("runs", element 0: cannot use at() with null)"},
  }));

  check_refused(changed_sample(from, to), refusal(because, kEdited));
}

TEST_CASE("a need of capabilities that makes no sense is refused") {
  const auto [from, to, because] = GENERATE(values<Change>({
      {R"([["CAP_NET_BIND_SERVICE"]])", R"([["CAP_NET_BOND_SERVICE"]])",
       R"("capabilities", element 1: unknown capability 'CAP_NET_BOND_SERVICE')"},
      {R"([["CAP_NET_BIND_SERVICE"]])", "[]", R"("capabilities", element 1: a need of no capability)"},
      {R"([["CAP_CHOWN"],["CAP_FSETID"]])", R"([["CAP_CHOWN"],[]])",
       R"("capabilities", element 2: a need of no capability)"},
      {R"("need":[["CAP_NET_BIND_SERVICE"]],)", "", R"("capabilities", element 1: key 'need' not found)"},
      {R"([["CAP_NET_BIND_SERVICE"]])", R"(["CAP_NET_BIND_SERVICE"])",
       R"("capabilities", element 1: "CAP_NET_BIND_SERVICE" is no array of capabilities)"},
      {R"([["CAP_NET_BIND_SERVICE"]])", R"({"all":["CAP_NET_BIND_SERVICE"]})",
       R"("capabilities", element 1: a need is no array)"},
      {R"("use":"attempted")", R"("use":"wished")",
       R"("capabilities", element 2: unknown use of capabilities 'wished')"},
      {R"("use":"attempted")", R"("use":3)", R"("capabilities", element 2: type must be string, but is number)"},
      {R"("name":"bind")", R"("name":"listen")",
       R"("capabilities", element 1: call 49 of x86_64 is named 'listen', but it is bind)"},
      {R"("on":"port 80/tcp",)", "", R"("capabilities", element 1: key 'on' not found)"},
      {R"("count":2,"confirmed":1)", R"("count":0,"confirmed":0)",
       R"("capabilities", element 1: a need of capabilities has the count 0)"},
      {R"("count":2,"confirmed":1)", R"("count":2,"confirmed":-1)",
       R"("capabilities", element 1: -1 is not a whole number from 0 to 18446744073709551615)"},
      {R"("count":2,"confirmed":1)", R"("count":2)", R"("capabilities", element 1: key 'confirmed' not found)"},
      {R"("on":"port 80/tcp","seen":[{"run":"r-00000000000000a1")",
       R"("on":"port 80/tcp","seen":[{"run":"r-00000000000000a2")",
       R"("capabilities", element 1: an observation names the unknown run r-00000000000000a2)"},
      {R"("executable":"x-00000000000000a1","count":2,"confirmed")",
       R"("executable":"x-00000000000000a2","count":2,"confirmed")",
       R"("capabilities", element 1: an observation names the unknown executable x-00000000000000a2)"},
      {R"({"run":"r-00000000000000b2","executable":"x-00000000000000b2","count":1,"confirmed")",
       R"({"run":"r-00000000000000a1","executable":"x-00000000000000a1","count":1,"confirmed")",
       R"("capabilities", element 2: a need is seen twice in x-00000000000000a1 of r-00000000000000a1)"},
      {R"("number":2,"on":"/etc/shadow","seen":[)", R"("number":2,"on":"/etc/shadow","seen":[],"was":[)",
       R"("capabilities", element 0: a need of capabilities that nobody has)"},
      {R"("count":2,"confirmed":1)", R"("count":2,"confirmed":3)",
       R"("capabilities", element 1: a need of capabilities has the count 2, and was confirmed 3 times)"},
      {R"("phases":{"serving":1,"startup":3}}]})", R"("phases":{"serving":1,"startup":4}}]})",
       R"("capabilities", element 0: a need of capabilities has the count 4, but its phases add up to 5)"},
      {R"(["x-edd34424e244e642",44,"open64"])", R"(["x-0",44,"open64"])",
       R"("capabilities", element 0: a frame names the unknown object x-0)"},
  }));

  check_refused(changed_sample(from, to), refusal(because, kEdited));
}

TEST_CASE("the architecture of a run's host must be one we know, or said to be unknown") {
  Recording one_run = sample();
  one_run.syscalls.clear();
  one_run.capabilities.clear();
  one_run.runs.erase(kServer);

  check_refused(changed(render(one_run), R"("arch":"x86_64")", R"("arch":"X86")"),
                refusal(R"("runs", element 0: unknown architecture 'X86')", kEdited));
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
  for (const char* const part : {"runs", "executables", "objects", "syscalls", "capabilities"}) {
    for (const char* const instead : {"null", "{}", "\"\"", "0"}) {
      check_refused_somehow(
          changed(empty, fmt::format("\"{}\": []", part), fmt::format("\"{}\": {}", part, instead)));
    }
  }
}

TEST_CASE("a run, an executable or an observation that a file tells of twice is refused") {
  Recording only_runs = sample();
  only_runs.syscalls.clear();
  only_runs.capabilities.clear();

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
