// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "snug/recording.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/include/sample_recording.hpp"

namespace snug {
namespace {

using namespace test;

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
  {"id":"r-00000000000000a1","command":["sh","-c","cat x"],"started":"2026-01-02T03:04:05.000006Z","duration_ms":14,"interval":{"from":"launch","to":"last task"},"exit":{"code":3},"host":{"kernel":"6.18.0","arch":"x86_64","libc":"glibc 2.36"},"tracer":{"version":"0.1.0","mode":"seccomp","privileged":true,"no_new_privileges":false},"container":null,"accounting":{"tasks_born":2,"tasks_attached":0,"tasks_gone":2,"tasks_detached":0,"execs":3,"stops":60,"calls":22,"syscall_stops":50,"unread":0},"complete":true,"incomplete_because":[],"privilege":{"uid":0,"gid":5,"bounding":["CAP_CHOWN","CAP_NET_BIND_SERVICE","CAP_CHECKPOINT_RESTORE"],"permitted":["CAP_CHOWN","CAP_NET_BIND_SERVICE"],"effective":["CAP_NET_BIND_SERVICE"],"ambient":["CAP_CHOWN"],"no_new_privileges":true,"in_first_namespace":false,"gains":["/usr/bin/ping","/usr/bin/su"],"unjudged_because":["calls of arm are not judged"],"no_kernel_evidence":"tracefs is not mounted"}},
  {"id":"r-00000000000000b2","command":["sh","-c","cat x"],"started":"2026-01-02T03:04:04.000006Z","duration_ms":14,"interval":{"from":"attach","to":"detach"},"exit":{"signal":15},"host":{"kernel":"6.18.0","arch":"x86_64","libc":"glibc 2.36"},"tracer":{"version":"0.1.0","mode":"seccomp","privileged":true,"no_new_privileges":false},"container":{"id":"4af1","name":"web","image":"docker.io/library/nginx:1.27","pod":"web-1","namespace":"shop","engine":"podman","runtime":"/usr/bin/crun","runtime_version":"crun version 1.8.1","uid":101,"gid":102,"no_new_privileges":true,"capabilities":["CAP_CHOWN","CAP_KILL"],"filtered":true,"exec":true},"accounting":{"tasks_born":2,"tasks_attached":0,"tasks_gone":2,"tasks_detached":0,"execs":3,"stops":60,"calls":22,"syscall_stops":50,"unread":0},"complete":true,"incomplete_because":[]}
 ],
 "executables": [
  {"id":"x-00000000000000a1","path":"/usr/bin/dash","build_id":"ab12"},
  {"id":"x-00000000000000b2","path":"/usr/bin/cat","build_id":""}
 ],
 "objects": [
  {"id":"x-8568d972e1738fe1","path":"/usr/bin/cat","build_id":""},
  {"id":"x-edd34424e244e642","path":"/lib/libc.so.6","build_id":"cd34"}
 ],
 "syscalls": [
  {"arch":"x86_64","name":"openat","number":257,"count":6,"outcomes":3,"errors":{"ENOENT":3,"EPERM":1},"phases":{"serving":1,"startup":3},"executables":["x-00000000000000a1","x-00000000000000b2"],"runs":["r-00000000000000a1","r-00000000000000b2"],"first":{"run":"r-00000000000000b2","executable":"x-00000000000000b2","elapsed_ms":5,"tid":80},"observations":[{"run":"r-00000000000000a1","executable":"x-00000000000000a1","count":2,"outcomes":2,"errors":{"ENOENT":1},"first":{"elapsed_ms":3,"tid":70}},{"run":"r-00000000000000b2","executable":"x-00000000000000b2","count":4,"outcomes":1,"errors":{"ENOENT":2,"EPERM":1},"phases":{"serving":1,"startup":3},"first":{"elapsed_ms":5,"tid":80,"stack":{"frames":[["x-edd34424e244e642",6956,"openat"],["x-8568d972e1738fe1",48,""],["",64,""]],"partial":true}}}]},
  {"arch":"x86_64","name":null,"number":9999,"count":16,"outcomes":0,"errors":{},"executables":["x-00000000000000b2"],"runs":["r-00000000000000a1"],"first":{"run":"r-00000000000000a1","executable":"x-00000000000000b2","elapsed_ms":9,"tid":71},"observations":[{"run":"r-00000000000000a1","executable":"x-00000000000000b2","count":16,"outcomes":0,"errors":{},"first":{"elapsed_ms":9,"tid":71}}]},
  {"arch":"i386","name":"ioctl","number":54,"count":3,"outcomes":0,"errors":{},"arguments":{"request":"many"},"phases":{"startup":3},"executables":["x-00000000000000a1","x-00000000000000b2"],"runs":["r-00000000000000a1","r-00000000000000b2"],"first":{"run":"r-00000000000000b2","executable":"x-00000000000000b2","elapsed_ms":8,"tid":80},"observations":[{"run":"r-00000000000000a1","executable":"x-00000000000000a1","count":2,"outcomes":0,"errors":{},"arguments":{"request":"many"},"phases":{"startup":2},"first":{"elapsed_ms":7,"tid":70}},{"run":"r-00000000000000b2","executable":"x-00000000000000b2","count":1,"outcomes":0,"errors":{},"arguments":{"request":[21505]},"phases":{"startup":1},"first":{"elapsed_ms":8,"tid":80}}]},
  {"arch":"i386","name":"socket","number":359,"count":3,"outcomes":0,"errors":{},"arguments":{"domain":[1,2,10],"type":[524289]},"executables":["x-00000000000000a1","x-00000000000000b2"],"runs":["r-00000000000000a1","r-00000000000000b2"],"first":{"run":"r-00000000000000b2","executable":"x-00000000000000b2","elapsed_ms":8,"tid":80},"observations":[{"run":"r-00000000000000a1","executable":"x-00000000000000a1","count":2,"outcomes":0,"errors":{},"arguments":{"domain":[1,2],"type":[524289]},"first":{"elapsed_ms":7,"tid":70}},{"run":"r-00000000000000b2","executable":"x-00000000000000b2","count":1,"outcomes":0,"errors":{},"arguments":{"domain":[2,10]},"first":{"elapsed_ms":8,"tid":80}}]}
 ],
 "capabilities": [
  {"need":[["CAP_DAC_OVERRIDE","CAP_DAC_READ_SEARCH"]],"use":"used","arch":"x86_64","name":"open","number":2,"on":"/etc/shadow","seen":[{"run":"r-00000000000000b2","executable":"x-00000000000000b2","count":4,"confirmed":0,"first":{"elapsed_ms":5,"tid":80,"stack":{"frames":[["x-edd34424e244e642",44,"open64"]],"partial":false}},"phases":{"serving":1,"startup":3}}]},
  {"need":[["CAP_NET_BIND_SERVICE"]],"use":"used","arch":"x86_64","name":"bind","number":49,"on":"port 80/tcp","seen":[{"run":"r-00000000000000a1","executable":"x-00000000000000a1","count":2,"confirmed":1,"first":{"elapsed_ms":4,"tid":70}}]},
  {"need":[["CAP_CHOWN"],["CAP_FSETID"]],"use":"attempted","arch":"i386","name":"chown","number":182,"on":"","seen":[{"run":"r-00000000000000a1","executable":"x-00000000000000a1","count":1,"confirmed":0,"first":{"elapsed_ms":6,"tid":71}},{"run":"r-00000000000000b2","executable":"x-00000000000000b2","count":1,"confirmed":1,"first":{"elapsed_ms":7,"tid":80}}]}
 ]
}
)");
}

TEST_CASE("an empty recording is written and read") {
  const std::string text = render(Recording{});

  CHECK(text ==
        "{\n \"schema\": \"snug.recording/1\",\n \"complete\": true,\n \"incomplete_because\": [],\n"
        " \"runs\": [],\n \"executables\": [],\n \"objects\": [],\n \"syscalls\": [],\n"
        " \"capabilities\": []\n}\n");
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
  recording.runs[kServer].accounting = {5, 0, 4, 0, 3, 60, 50, 22, 7};

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
  recording.syscalls[{Arch::x86_64, 257}][{kServer, kCat}].first.stack.frames[0].object = "/tmp/\x80";
  const std::string text = render(recording);

  const auto again = parse_recording(text, "some.json");

  REQUIRE(again);
  CHECK(again->runs.at(kShell).command ==
        std::vector<std::string>{"cat", "caf\uFFFD", "\uFFFD\uFFFD", "cut \uFFFD"});
  CHECK(again->executables.at(kCat).path == "/tmp/\uFFFD");
  CHECK(render(*again) == text);
}

TEST_CASE("files whose names are the same once written are one need") {
  Recording recording = sample();
  recording.capabilities.clear();
  CapabilityKey key{{Arch::x86_64, 92}, CapabilityUse::used, {set_of({"CHOWN"})}, "/tmp/\xe8"};
  recording.capabilities[key] = {{{kShell, kDash}, {2, 1, {5, 70, {}}, {{"startup", 2}}}}};
  key.on = "/tmp/\xe9";
  recording.capabilities[key] = {{{kShell, kDash}, {3, 1, {4, 71, {}}, {{"startup", 1}, {"serving", 2}}}},
                                 {{kShell, kCat}, {1, 0, {6, 72, {}}, {}}}};
  key.on = "/tmp/\uFFFD";
  const std::string text = render(recording);

  const auto again = parse_recording(text, "some.json");

  REQUIRE(again);
  CHECK(again->capabilities == std::map<CapabilityKey, CapabilityEvidences>{
                                   {key,
                                    {{{kShell, kDash}, {5, 2, {4, 71, {}}, {{"startup", 3}, {"serving", 2}}}},
                                     {{kShell, kCat}, {1, 0, {6, 72, {}}, {}}}}}});
  CHECK(render(*again) == text);
}

TEST_CASE("a name that this table lacks is accepted: a newer one has written it") {
  const auto recording = parse_recording(changed_sample(R"("name":null)", R"("name":"newer_call")"), "some.json");

  REQUIRE(recording);
  CHECK(*recording == sample());
}

TEST_CASE("a recording that does not tell of arguments and phases is read") {
  Recording without = sample();
  for (auto& [key, observations] : without.syscalls) {
    for (auto& [where, observation] : observations) {
      observation.arguments.clear();
      observation.phases.clear();
    }
  }
  for (auto& [key, evidences] : without.capabilities)
    for (auto& [where, evidence] : evidences) evidence.phases.clear();
  const std::string text = render(without);

  CHECK(text.find("arguments") == std::string::npos);
  CHECK(text.find("phases") == std::string::npos);
  check_read_back(without);
}

TEST_CASE("every use and every capability is read back") {
  Recording recording;
  recording.runs[kShell].privilege = Privilege{};
  recording.executables[kDash] = {"/usr/bin/dash", ""};
  for (const CapabilityUse use : {CapabilityUse::used, CapabilityUse::declared, CapabilityUse::checked,
                                  CapabilityUse::attempted, CapabilityUse::probe, CapabilityUse::opportunistic})
    for (unsigned number = 0; number < kCapabilities; ++number) {
      const CapabilityKey key{{Arch::x86_64, 49}, use, {CapabilitySet{1} << number}, ""};
      recording.capabilities[key] = {{{kShell, kDash}, {UINT64_MAX, UINT64_MAX, {}, {}}}};
    }

  check_read_back(recording);
}

TEST_CASE("a recording that was made before capabilities were looked at is read") {
  Recording before = sample();
  before.capabilities.clear();
  before.runs[kShell].privilege = std::nullopt;
  std::string text = render(before);
  text = changed(text, ",\n \"capabilities\": []", "");

  const auto recording = parse_recording(text, "some.json");

  CHECK(text.find("privilege\":{") == std::string::npos);
  REQUIRE(recording);
  CHECK(*recording == before);
}

TEST_CASE("a mapped file stands in the file once, however many frames are in it") {
  Recording recording = sample();
  auto& frames = recording.syscalls[{Arch::x86_64, 257}][{kServer, kCat}].first.stack.frames;
  frames.push_back(frames.front());
  frames.push_back({"/lib/libc.so.6", "ef56", 1, ""});

  const std::string text = render(recording);

  std::size_t times = 0;
  for (auto at = text.find("libc.so.6"); at != std::string::npos; at = text.find("libc.so.6", at + 1)) ++times;
  CHECK(times == 2);
  check_read_back(recording);
}

TEST_CASE("keys that this version does not know are skipped: the format may grow") {
  const auto recording =
      parse_recording(changed_sample(R"("schema":)", R"("weather": [{"a": 1}], "schema":)"), "some.json");

  REQUIRE(recording);
  CHECK(*recording == sample());
}

}  // namespace
}  // namespace snug
