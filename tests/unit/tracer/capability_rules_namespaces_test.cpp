// SPDX-License-Identifier: Apache-2.0
// Namespaces: the last part of rules_processes.cpp.
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>

#include "tests/support/catch.hpp"
#include "tests/unit/tracer/capability_rule_cases.hpp"

namespace snug::tracer::played {
namespace {

constexpr std::uint64_t kNewTime = 0x80;  // CLONE_NEWTIME, and in clone's flags a part of the signal

// What the descriptors 5 to 8 stand for.
void furnish(PlayedSurroundings& around) {
  around.names = {{"#5", "net:[4026531840]"},
                  {"#6", "mnt:[4026531841]"},
                  {"#7", "user:[4026531837]"},
                  {"#8", "anon_inode:[pidfd]"}};
}

std::uint64_t arguments_with(std::uint64_t flags, std::uint64_t numbers = 0) {
  struct clone_args arguments {};
  arguments.flags = flags;
  arguments.set_tid_size = numbers;
  return value_at(arguments);
}

}  // namespace

std::span<const RuleCase> namespace_cases() {
  static const std::vector<RuleCase> kCases{
      {"mounts", "unshare", {CLONE_NEWNS}, "SYS_ADMIN"},
      {"times", "unshare", {kNewTime}, "SYS_ADMIN"},
      {"users", "unshare", {CLONE_NEWUSER}, ""},
      {"mounts with users", "unshare", {CLONE_NEWNS | CLONE_NEWUSER}, ""},
      {"open files", "unshare", {CLONE_FILES}, ""},
      {"a process", "clone", {SIGCHLD}, ""},
      {"a signal that looks like times", "clone", {kNewTime}, ""},
      {"a network", "clone", {CLONE_NEWNET | SIGCHLD}, "SYS_ADMIN"},
      {"a network with users", "clone", {CLONE_NEWNET | CLONE_NEWUSER | SIGCHLD}, ""},
      {"a thread", "clone3", {arguments_with(CLONE_THREAD | CLONE_VM), CLONE_ARGS_SIZE_VER2}, ""},
      {"times", "clone3", {arguments_with(kNewTime), CLONE_ARGS_SIZE_VER2}, "SYS_ADMIN"},
      {"processes with users", "clone3", {arguments_with(CLONE_NEWPID | CLONE_NEWUSER), CLONE_ARGS_SIZE_VER2}, ""},
      {"a chosen number", "clone3", {arguments_with(0, 1), CLONE_ARGS_SIZE_VER2}, "CHECKPOINT_RESTORE|SYS_ADMIN"},
      {"too short for a chosen number", "clone3", {arguments_with(0, 1), CLONE_ARGS_SIZE_VER0}, ""},
      {"a network", "setns", {5, 0}, "SYS_ADMIN", furnish},
      {"mounts by their name", "setns", {6, 0}, "SYS_ADMIN & SYS_CHROOT", furnish},
      {"a process's mounts", "setns", {8, CLONE_NEWNS | CLONE_NEWNET}, "SYS_ADMIN & SYS_CHROOT", furnish},
      {"a process's network", "setns", {8, CLONE_NEWNET}, "SYS_ADMIN", furnish},
      {"users by their name", "setns", {7, 0}, "", furnish},
      {"a process's users", "setns", {8, CLONE_NEWUSER}, "", furnish},
  };
  return kCases;
}

TEST_CASE("namespaces need a capability unless there come users with them") {
  check_cases(namespace_cases());
}

}  // namespace snug::tracer::played
