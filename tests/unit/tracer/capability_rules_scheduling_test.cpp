// SPDX-License-Identifier: Apache-2.0
// How much of the machine processes take: another part of rules_processes.cpp.
#include <sched.h>
#include <sys/resource.h>

#include "tests/support/catch.hpp"
#include "tests/unit/tracer/capability_rule_cases.hpp"

namespace snug::tracer::played {
namespace {

constexpr std::uint64_t kBestEffort = std::uint64_t{2} << 13U;
constexpr std::uint64_t kRealTime = std::uint64_t{1} << 13U;
constexpr std::uint64_t kOfProcess = 1;  // IOPRIO_WHO_PROCESS
constexpr std::uint64_t kOfGroup = 2;

// 200 is somebody else's, 201 one's own, 202 a setuid program that this user started. All have nice value 0.
void furnish(PlayedSurroundings& around) {
  around.processes = {{200, user(200, kOthers)}, {201, user(201, kMine)}, {202, user(202, 0)}};
  around.processes[202].uid.real = kMine;
  around.nicenesses = {{100, 0}, {200, 0}, {201, 0}, {202, 0}};
  around.policies = {{100, SCHED_OTHER}, {200, SCHED_OTHER}, {201, SCHED_OTHER}};
}
void limit(PlayedSurroundings& around, int resource, std::uint64_t soft) {
  furnish(around);
  around.limits[{100, resource}] = {.soft = soft, .hard = soft};
}
void allow_nice_minus_5(PlayedSurroundings& around) {
  limit(around, RLIMIT_NICE, 25);
}
void allow_any_nice(PlayedSurroundings& around) {
  limit(around, RLIMIT_NICE, RLIM_INFINITY);
}
void allow_nice_minus_20(PlayedSurroundings& around) {
  limit(around, RLIMIT_NICE, 40);
}
void allow_priority_10(PlayedSurroundings& around) {
  limit(around, RLIMIT_RTPRIO, 10);
}
void allow_any_priority(PlayedSurroundings& around) {
  limit(around, RLIMIT_RTPRIO, RLIM_INFINITY);
}
void be_idle(PlayedSurroundings& around) {
  furnish(around);
  around.policies[100] = SCHED_IDLE;
}
void be_idle_for_now(PlayedSurroundings& around) {
  limit(around, RLIMIT_NICE, 20);
  around.policies[100] = SCHED_IDLE;
}
void be_real_time(PlayedSurroundings& around) {
  allow_priority_10(around);
  around.policies[100] = SCHED_RR;
}
void open_files(PlayedSurroundings& around) {
  furnish(around);
  for (const pid_t pid : {100, 200, 201, 202}) around.limits[{pid, RLIMIT_NOFILE}] = {.soft = 64, .hard = 128};
}

std::uint64_t priority(int value) {
  return value_at(value);
}
const std::uint64_t kNoPriority = priority(0);

std::uint64_t attributes(std::uint32_t policy, std::int32_t niceness, std::uint32_t level) {
  struct Attributes {
    std::uint32_t size, policy;
    std::uint64_t flags;
    std::int32_t niceness;
    std::uint32_t priority;
    std::uint64_t runtime, deadline, period;
  };
  return value_at(Attributes{sizeof(Attributes), policy, 0, niceness, level, 0, 0, 0});
}

std::uint64_t limits(std::uint64_t soft, std::uint64_t hard) {
  return value_at(Limit{soft, hard});
}

}  // namespace

std::span<const RuleCase> scheduling_cases() {
  static const std::vector<RuleCase> kCases{
      {"one's own", "sched_setaffinity", {0, 8, 0}, "", furnish},
      {"another of one's own", "sched_setaffinity", {201, 8, 0}, "", furnish},
      {"a setuid program that one started", "sched_setaffinity", {202, 8, 0}, "", furnish},
      {"somebody else's", "sched_setaffinity", {200, 8, 0}, "SYS_NICE", furnish},
      {"a process that is not there", "sched_setaffinity", {999, 8, 0}, "", furnish},

      {"nicer", "setpriority", {PRIO_PROCESS, 0, 5}, "", furnish},
      {"as nice", "setpriority", {PRIO_PROCESS, 0, 0}, "", furnish},
      {"less nice", "setpriority", {PRIO_PROCESS, 0, minus(1)}, "SYS_NICE", furnish},
      {"as little nice as the limit", "setpriority", {PRIO_PROCESS, 0, minus(5)}, "", allow_nice_minus_5},
      {"less nice than the limit", "setpriority", {PRIO_PROCESS, 0, minus(6)}, "SYS_NICE", allow_nice_minus_5},
      {"as little as can be, without a limit", "setpriority", {PRIO_PROCESS, 0, minus(20)}, "", allow_any_nice},
      {"less than can be is the least", "setpriority", {PRIO_PROCESS, 0, minus(100)}, "", allow_nice_minus_20},
      {"somebody else's", "setpriority", {PRIO_PROCESS, 200, 5}, "SYS_NICE", furnish},
      {"a group's", "setpriority", {PRIO_PGRP, 200, minus(5)}, "", furnish},

      {"in time", "sched_setscheduler", {0, SCHED_FIFO, priority(1)}, "SYS_NICE", furnish},
      {"in time, within the limit", "sched_setscheduler", {0, SCHED_FIFO, priority(10)}, "", allow_priority_10},
      {"in time, beyond the limit",
       "sched_setscheduler",
       {0, SCHED_RR, priority(11)},
       "SYS_NICE",
       allow_priority_10},
      {"in time, without a limit", "sched_setscheduler", {0, SCHED_RR, priority(99)}, "", allow_any_priority},
      {"in time, its children not",
       "sched_setscheduler",
       {0, SCHED_RR | SCHED_RESET_ON_FORK, priority(10)},
       "",
       allow_priority_10},
      {"for batches", "sched_setscheduler", {0, SCHED_BATCH, kNoPriority}, "", furnish},
      {"idly", "sched_setscheduler", {0, SCHED_IDLE, kNoPriority}, "", furnish},
      {"no longer idly", "sched_setscheduler", {0, SCHED_OTHER, kNoPriority}, "SYS_NICE", be_idle},
      {"no longer idly, within the limit",
       "sched_setscheduler",
       {0, SCHED_OTHER, kNoPriority},
       "",
       be_idle_for_now},
      {"still idly", "sched_setscheduler", {0, SCHED_IDLE, kNoPriority}, "", be_idle},
      {"somebody else's", "sched_setscheduler", {200, SCHED_BATCH, kNoPriority}, "SYS_NICE", furnish},
      {"another priority within the limit", "sched_setparam", {0, priority(10)}, "", be_real_time},
      {"another priority beyond the limit", "sched_setparam", {0, priority(11)}, "SYS_NICE", be_real_time},
      {"none of it", "sched_setparam", {0, kNoPriority}, "", furnish},
      {"a deadline", "sched_setattr", {0, attributes(SCHED_DEADLINE, 0, 0), 0}, "SYS_NICE", furnish},
      {"nicer", "sched_setattr", {0, attributes(SCHED_OTHER, 5, 0), 0}, "", furnish},
      {"less nice", "sched_setattr", {0, attributes(SCHED_OTHER, -1, 0), 0}, "SYS_NICE", furnish},
      {"less nice, within the limit",
       "sched_setattr",
       {0, attributes(SCHED_OTHER, -5, 0), 0},
       "",
       allow_nice_minus_5},
      {"in time", "sched_setattr", {0, attributes(SCHED_FIFO, 0, 1), 0}, "SYS_NICE", furnish},
      {"attributes that cannot be read", "sched_setattr", {200, 8, 0}, "", furnish},

      {"best effort", "ioprio_set", {kOfProcess, 0, kBestEffort}, "", furnish},
      {"in time", "ioprio_set", {kOfProcess, 0, kRealTime}, "SYS_NICE|SYS_ADMIN", furnish},
      {"somebody else's", "ioprio_set", {kOfProcess, 200, kBestEffort}, "SYS_NICE", furnish},
      {"a group's", "ioprio_set", {kOfGroup, 200, kBestEffort}, "", furnish},

      {"up to the hard limit", "setrlimit", {RLIMIT_NOFILE, limits(128, 128)}, "", open_files},
      {"a higher hard limit", "setrlimit", {RLIMIT_NOFILE, limits(64, 129)}, "SYS_RESOURCE", open_files},
      {"a lower hard limit", "setrlimit", {RLIMIT_NOFILE, limits(64, 64)}, "", open_files},
      {"a limit that is not told", "setrlimit", {RLIMIT_CORE, limits(0, 1)}, "", open_files},
      {"reading one's own", "prlimit64", {0, RLIMIT_NOFILE, 0, 8}, "", open_files},
      {"reading somebody else's", "prlimit64", {200, RLIMIT_NOFILE, 0, 8}, "SYS_RESOURCE", open_files},
      {"reading that of a setuid program", "prlimit64", {202, RLIMIT_NOFILE, 0, 8}, "SYS_RESOURCE", open_files},
      {"another of one's own", "prlimit64", {201, RLIMIT_NOFILE, limits(64, 128), 0}, "", open_files},
      {"a higher hard limit", "prlimit64", {0, RLIMIT_NOFILE, limits(64, 129), 0}, "SYS_RESOURCE", open_files},
  };
  return kCases;
}

TEST_CASE("what processes take of the machine is free within limits") {
  check_cases(scheduling_cases());
}

}  // namespace snug::tracer::played
