// SPDX-License-Identifier: Apache-2.0
// What processes do to others: the first half of rules_processes.cpp.
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>

#include "tests/support/catch.hpp"
#include "tests/unit/tracer/capability_rule_cases.hpp"

namespace snug::tracer::played {
namespace {

constexpr std::string_view kMeasuring = "SYS_PTRACE|PERFMON|SYS_ADMIN";
constexpr int kPidfdOfOther = 5;
constexpr int kPidfdOfOwn = 6;

// 200 is somebody else's, 201 a like one, 202 of the same user and not to be looked into, 203 a setuid program that
// this user started, 204 a like one with more capabilities, and 101 another thread of the task's own process.
void furnish(PlayedSurroundings& around) {
  around.processes = {{200, user(200, kOthers)}, {201, user(201, kMine)}, {202, user(202, kMine)},
                      {203, user(203, kMine)},   {204, user(204, kMine)}, {101, user(100, kOthers)}};
  around.processes[202].dumpable = false;
  around.processes[203].uid = {.real = kMine, .effective = 0, .saved = 0, .files = 0};
  around.processes[204].permitted = set_of({kNetRaw});
  around.pidfds = {{kPidfdOfOther, 200}, {kPidfdOfOwn, 100}};
}

// The real ids decide about attaching, those for files about looking into /proc.
void act_as_other(PlayedSurroundings& around) {
  furnish(around);
  around.credentials.uid.real = around.credentials.gid.real = kOthers;
}
void hold_as_much(PlayedSurroundings& around) {
  furnish(around);
  around.credentials.permitted = set_of({kNetRaw, kChown});
}
void with_kernel_6_12(PlayedSurroundings& around) {
  furnish(around);
  around.kernel = {6, 12};
}
void with_kernel_6_13(PlayedSurroundings& around) {
  furnish(around);
  around.kernel = {6, 13};
}
void free_faults(PlayedSurroundings& around) {
  around.settings["vm/unprivileged_userfaultfd"] = 1;
}
void be_paranoid(PlayedSurroundings& around, int level) {
  furnish(around);
  around.settings["kernel/perf_event_paranoid"] = level;
}
void be_paranoid_0(PlayedSurroundings& around) {
  be_paranoid(around, 0);
}
void be_paranoid_1(PlayedSurroundings& around) {
  be_paranoid(around, 1);
}
void be_paranoid_2(PlayedSurroundings& around) {
  be_paranoid(around, 2);
}
void be_paranoid_3(PlayedSurroundings& around) {
  be_paranoid(around, 3);
}

std::uint64_t events(bool exclude_kernel) {
  perf_event_attr attributes{};
  attributes.exclude_kernel = exclude_kernel;
  return value_at(attributes);
}
const std::uint64_t kOfKernel = events(false);
const std::uint64_t kOfProgram = events(true);
constexpr std::uint64_t kEveryTask = minus(1);

}  // namespace

std::span<const RuleCase> process_cases() {
  static const std::vector<RuleCase> kCases{
      {"somebody else's", "kill", {200, SIGTERM}, "KILL", furnish},
      {"one's own", "kill", {201, SIGTERM}, "", furnish},
      {"a setuid program that one started", "kill", {203, SIGTERM}, "", furnish},
      {"whether somebody else's is there", "kill", {200, 0}, "KILL", furnish},
      {"to go on", "kill", {200, SIGCONT}, "", furnish},
      {"a group", "kill", {minus(200), SIGTERM}, "", furnish},
      {"everybody", "kill", {minus(1), SIGTERM}, "", furnish},
      {"one's own group", "kill", {0, SIGTERM}, "", furnish},
      {"another thread of one's own", "kill", {101, SIGTERM}, "", furnish},
      {"a process that is not there", "kill", {999, SIGTERM}, "", furnish},
      {"by the real user", "kill", {200, SIGTERM}, "", act_as_other},
      {"somebody else's", "tkill", {200, SIGTERM}, "KILL", furnish},
      {"one's own", "tkill", {201, SIGTERM}, "", furnish},
      {"somebody else's", "tgkill", {200, 200, SIGTERM}, "KILL", furnish},
      {"one's own", "tgkill", {201, 201, SIGTERM}, "", furnish},
      {"somebody else's", "rt_sigqueueinfo", {200, SIGTERM, 0}, "KILL", furnish},
      {"one's own", "rt_sigqueueinfo", {201, SIGTERM, 0}, "", furnish},
      {"somebody else's", "rt_tgsigqueueinfo", {200, 200, SIGTERM, 0}, "KILL", furnish},
      {"one's own", "rt_tgsigqueueinfo", {201, 201, SIGTERM, 0}, "", furnish},
      {"somebody else's", "pidfd_send_signal", {kPidfdOfOther, SIGTERM}, "KILL", furnish},
      {"itself", "pidfd_send_signal", {kPidfdOfOwn, SIGTERM}, "", furnish},
      {"what is no process", "pidfd_send_signal", {9, SIGTERM}, "", furnish},

      {"somebody else's", "ptrace", {PTRACE_ATTACH, 200}, "SYS_PTRACE", furnish},
      {"a like one", "ptrace", {PTRACE_ATTACH, 201}, "", furnish},
      {"one that is not dumpable", "ptrace", {PTRACE_SEIZE, 202}, "SYS_PTRACE", furnish},
      {"one with other ids as well", "ptrace", {PTRACE_SEIZE, 203}, "SYS_PTRACE", furnish},
      {"one that may do more", "ptrace", {PTRACE_SEIZE, 204}, "SYS_PTRACE", furnish},
      {"one that may do less", "ptrace", {PTRACE_SEIZE, 204}, "", hold_as_much},
      {"by the real ids", "ptrace", {PTRACE_ATTACH, 200}, "", act_as_other},
      {"one that is attached already", "ptrace", {PTRACE_CONT, 200}, "", furnish},
      {"somebody else's", "process_vm_readv", {200}, "SYS_PTRACE", furnish},
      {"one's own", "process_vm_readv", {0}, "", furnish},
      {"somebody else's", "process_vm_writev", {200}, "SYS_PTRACE", furnish},
      {"a like one's", "process_vm_writev", {201}, "", furnish},
      {"somebody else's", "get_robust_list", {200}, "SYS_PTRACE", furnish},
      {"one's own", "get_robust_list", {0}, "", furnish},
      {"with somebody else's", "kcmp", {100, 200, 0}, "SYS_PTRACE", furnish},
      {"somebody else's with one's own", "kcmp", {200, 100, 0}, "SYS_PTRACE", furnish},
      {"two of one's own", "kcmp", {100, 201, 0}, "", furnish},
      {"somebody else's", "pidfd_getfd", {kPidfdOfOther, 3}, "SYS_PTRACE", furnish},
      {"one's own", "pidfd_getfd", {kPidfdOfOwn, 3}, "", furnish},
      {"somebody else's", "process_madvise", {kPidfdOfOther}, "SYS_NICE & SYS_PTRACE|PERFMON|SYS_ADMIN", furnish},
      {"one's own since 6.13", "process_madvise", {kPidfdOfOwn}, "", with_kernel_6_13},
      {"one's own before 6.13", "process_madvise", {kPidfdOfOwn}, "SYS_NICE", with_kernel_6_12},
      {"of programs only", "userfaultfd", {UFFD_USER_MODE_ONLY}, ""},
      {"of the kernel's too", "userfaultfd", {0}, "SYS_PTRACE"},
      {"of the kernel's, for anybody", "userfaultfd", {0}, "", free_faults},

      {"one's program, at level 2", "perf_event_open", {kOfProgram, 0, 0}, "", be_paranoid_2},
      {"the kernel, at level 2", "perf_event_open", {kOfKernel, 0, 0}, "PERFMON|SYS_ADMIN", be_paranoid_2},
      {"the kernel, at level 1", "perf_event_open", {kOfKernel, 0, 0}, "", be_paranoid_1},
      {"a CPU, at level 1", "perf_event_open", {kOfProgram, kEveryTask, 0}, "PERFMON|SYS_ADMIN", be_paranoid_1},
      {"a CPU, at level 0", "perf_event_open", {kOfProgram, kEveryTask, 0}, "", be_paranoid_0},
      {"anything, at level 3", "perf_event_open", {kOfProgram, 0, 0}, "PERFMON|SYS_ADMIN", be_paranoid_3},
      {"the kernel, at a level that is not told", "perf_event_open", {kOfKernel, 0, 0}, "PERFMON|SYS_ADMIN"},
      {"somebody else's", "perf_event_open", {kOfProgram, 200, 0}, kMeasuring, be_paranoid_2},
      {"a like one's", "perf_event_open", {kOfProgram, 201, 0}, "", be_paranoid_2},
      {"attributes that cannot be read", "perf_event_open", {8, 200, 0}, "", be_paranoid_3},
  };
  return kCases;
}

TEST_CASE("what is done to processes of others, or of more privilege, needs capabilities") {
  check_cases(process_cases());
}

}  // namespace snug::tracer::played
