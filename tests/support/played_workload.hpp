// SPDX-License-Identifier: Apache-2.0
// A workload that a capability watcher watches, whose calls a test plays as a session would.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "snug/syscalls.hpp"
#include "tests/support/played_surroundings.hpp"
#include "tracer/core/capability_watcher.hpp"

namespace snug::tracer::played {

inline const Executable kShell{"/bin/sh", "aa"};
inline const Executable kTool{"/bin/tool", "bb"};
inline constexpr pid_t kTask = 100;
inline constexpr std::uint64_t kHome = 4026531837;
inline constexpr std::uint64_t kNested = 4026532000;
inline constexpr SyscallReturned kFine{};
inline constexpr CapabilitySet kAll = (CapabilitySet{1} << kCapabilities) - 1;

constexpr SyscallReturned result_of(std::int64_t value) {
  return {.result = value, .failed = value < 0};
}

// A kernel that tells what a test has it ask.
class PlayedChecks final : public CheckSource {
 public:
  bool is_listening() const override { return listens; }
  void watch(pid_t tid) override { watched.insert(tid); }
  void renew(pid_t tid, pid_t former_tid) override {
    watched.erase(former_tid);
    watched.insert(tid);
  }
  std::vector<CapabilityCheck> drain(pid_t tid) override { return std::exchange(asked[tid], {}); }
  void forget(pid_t tid) override { watched.erase(tid); }
  std::string incomplete_because() const override { return listens ? missing : "nobody listens"; }

  bool listens = false;
  std::string missing;
  std::set<pid_t> watched;
  std::map<pid_t, std::vector<CapabilityCheck>> asked;
};

// A workload whose tasks have all capabilities, unless a test takes some away.
struct Workload {
  std::uint64_t now = 5;
  Recorder recorder{[this] { return now; }, no_stack, AutomaticPhases::off};
  PlayedViews views;
  PlayedChecks kernel;
  CapabilityWatcher watcher{recorder, views, kernel};
  const Executable* executable = &kShell;

  Workload() { as_privileged(kTask, kAll); }

  Credentials& as_privileged(pid_t tid, CapabilitySet set) {
    Credentials& own = credentials(tid);
    own.permitted = own.effective = own.bounding = set;
    own.user_namespace = kHome;
    own.process = tid;
    return own;
  }
  Credentials& credentials(pid_t tid = kTask) { return views.task(tid).credentials; }

  Call call_of(std::string_view name, std::array<std::uint64_t, 6> arguments, Arch arch = Arch::x86_64) {
    return {.arch = arch,
            .number = syscall_number(arch, name).value(),
            .audit_arch = audit_arch_of(arch),
            .arguments = arguments};
  }
  Decision enter(const Call& call, pid_t tid = kTask) {
    return watcher.entered({tid, false, *executable}, call, 0);
  }
  void leave(const Call& call, const SyscallReturned& outcome, pid_t tid = kTask) {
    watcher.returned({tid, false, *executable}, call, outcome);
  }
  // As a session does it, which stops a second time only where that was asked for.
  void play(std::string_view name, std::array<std::uint64_t, 6> arguments, const SyscallReturned& outcome = kFine) {
    const Call call = call_of(name, arguments);
    if (enter(call).watch_outcome) leave(call, outcome);
  }

  Recording recording() const {
    Recording recording = recorder.recording_of("r-1", Run{});
    watcher.add_to(recording, "r-1");
    return recording;
  }
  Privilege privilege() const { return recording().runs.at("r-1").privilege.value(); }

  // What was found, as "sethostname used CAP_SYS_ADMIN x2", sorted.
  std::vector<std::string> found() const {
    std::vector<std::string> lines;
    for (const auto& [key, evidences] : recording().capabilities) {
      std::string need;
      for (const CapabilitySet any : key.need) {
        std::string clause;
        for (const std::string& name : names_of(any)) clause += (clause.empty() ? "" : "|") + name;
        need += " " + clause;
      }
      for (const auto& [run, evidence] : evidences)
        lines.push_back(fmt::format("{} {}{} x{}", syscall_name(key.call.arch, key.call.number).value(),
                                    name_of(key.use), need, evidence.count));
    }
    std::ranges::sort(lines);
    return lines;
  }
};

using Lines = std::vector<std::string>;

}  // namespace snug::tracer::played
