// SPDX-License-Identifier: Apache-2.0
// A recording with everything a recording can have, and its text with small changes.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "snug/recording.hpp"
#include "tests/support/capability_sets.hpp"
#include "tests/support/catch.hpp"

namespace snug::test {

inline const RunId kShell = "r-00000000000000a1";
inline const RunId kServer = "r-00000000000000b2";
inline const ExecutableId kDash = "x-00000000000000a1";
inline const ExecutableId kCat = "x-00000000000000b2";

// What these runs needed of capabilities: one, one of two, and both of two.
inline std::map<CapabilityKey, CapabilityEvidences> sample_capabilities() {
  const Stack stack{{{"/lib/libc.so.6", "cd34", 0x2c, "open64"}}, false};
  const CapabilityKey bound{{Arch::x86_64, 49}, CapabilityUse::used, {set_of({"NET_BIND_SERVICE"})}, "port 80/tcp"};
  const CapabilityKey read{
      {Arch::x86_64, 2}, CapabilityUse::used, {set_of({"DAC_OVERRIDE", "DAC_READ_SEARCH"})}, "/etc/shadow"};
  const CapabilityKey refused{
      {Arch::i386, 182}, CapabilityUse::attempted, {set_of({"CHOWN"}), set_of({"FSETID"})}, ""};
  return {{bound, {{{kShell, kDash}, {2, 1, {4, 70, {}}, {}}}}},
          {read, {{{kServer, kCat}, {4, 0, {5, 80, stack}, {{"serving", 1}, {"startup", 3}}}}}},
          {refused, {{{kShell, kDash}, {1, 0, {6, 71, {}}, {}}}, {{kServer, kCat}, {1, 1, {7, 80, {}}, {}}}}}};
}

// Two complete runs by two executables, one of them watched for needs of capabilities.
inline Recording sample() {
  const Stack stack{
      {{"/lib/libc.so.6", "cd34", 0x1b2c, "openat"}, {"/usr/bin/cat", "", 0x30, ""}, {"", "", 64, ""}}, true};
  Recording recording;
  recording.runs[kShell] = {.command = {"sh", "-c", "cat x"},
                            .started = "2026-01-02T03:04:05.000006Z",
                            .duration_ms = 14,
                            .exit = {3, std::nullopt},
                            .host = {"6.18.0", Arch::x86_64, "glibc 2.36"},
                            .tracer = {"0.1.0", "seccomp", true, false},
                            .accounting = {2, 0, 2, 0, 3, 60, 50, 22, 0},
                            .incomplete_because = {}};
  recording.runs[kServer] = recording.runs[kShell];
  recording.runs[kShell].privilege = {.uid = 0,
                                      .gid = 5,
                                      .bounding = set_of({"CHOWN", "NET_BIND_SERVICE", "CHECKPOINT_RESTORE"}),
                                      .permitted = set_of({"CHOWN", "NET_BIND_SERVICE"}),
                                      .effective = set_of({"NET_BIND_SERVICE"}),
                                      .ambient = set_of({"CHOWN"}),
                                      .no_new_privileges = true,
                                      .in_first_namespace = false,
                                      .gains = {"/usr/bin/ping", "/usr/bin/su"},
                                      .unjudged_because = {"calls of arm are not judged"},
                                      .no_kernel_evidence = "tracefs is not mounted"};
  recording.runs[kServer].started = "2026-01-02T03:04:04.000006Z";
  recording.runs[kServer].exit = {std::nullopt, 15};
  recording.runs[kServer].begin = Run::Begin::attach;
  recording.runs[kServer].end = Run::End::detach;
  recording.runs[kServer].container = {.id = "4af1",
                                       .name = "web",
                                       .image = "docker.io/library/nginx:1.27",
                                       .pod = "web-1",
                                       .name_space = "shop",
                                       .engine = "podman",
                                       .runtime = "/usr/bin/crun",
                                       .runtime_version = "crun version 1.8.1",
                                       .uid = 101,
                                       .gid = 102,
                                       .no_new_privileges = true,
                                       .capabilities = {"CAP_CHOWN", "CAP_KILL"},
                                       .filtered = true,
                                       .exec = true};
  recording.executables[kDash] = {"/usr/bin/dash", "ab12"};
  recording.executables[kCat] = {"/usr/bin/cat", ""};
  recording.syscalls[{Arch::x86_64, 257}] = {
      {{kShell, kDash}, {2, 2, {{"ENOENT", 1}}, {3, 70, {}}}},
      {{kServer, kCat},
       {4, 1, {{"EPERM", 1}, {"ENOENT", 2}}, {5, 80, stack}, {}, {{"startup", 3}, {"serving", 1}}}}};
  recording.syscalls[{Arch::i386, 54}] = {
      {{kShell, kDash}, {2, 0, {}, {7, 70, {}}, {{"request", {{}, true}}}, {{"startup", 2}}}},
      {{kServer, kCat}, {1, 0, {}, {8, 80, {}}, {{"request", {{21505}, false}}}, {{"startup", 1}}}}};
  recording.syscalls[{Arch::i386, 359}] = {
      {{kShell, kDash}, {2, 0, {}, {7, 70, {}}, {{"domain", {{1, 2}, false}}, {"type", {{524289}, false}}}, {}}},
      {{kServer, kCat}, {1, 0, {}, {8, 80, {}}, {{"domain", {{2, 10}, false}}}, {}}}};
  recording.syscalls[{Arch::x86_64, 9999}] = {{{kShell, kCat}, {16, 0, {}, {9, 71, {}}}}};
  recording.capabilities = sample_capabilities();
  return recording;
}

// `text` with the one occurrence of `from` replaced.
inline std::string changed(std::string text, std::string_view from, std::string_view to) {
  const auto place = text.find(from);
  REQUIRE(place != std::string::npos);
  REQUIRE(text.find(from, place + 1) == std::string::npos);
  return text.replace(place, from.size(), to);
}

inline std::string changed_sample(std::string_view from, std::string_view to) {
  return changed(render(sample()), from, to);
}

}  // namespace snug::test
