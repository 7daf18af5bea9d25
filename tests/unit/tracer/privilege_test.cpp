// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/privilege.hpp"

#include <cerrno>

#include "tests/support/catch.hpp"

using namespace snug;
using namespace snug::tracer;

TEST_CASE("a task that is traced already says by whom") {
  CHECK(explain_seize_failure(42, EPERM, {.yama_scope = 1, .current_tracer = 41, .filtered = true}) ==
        Error{ErrorCode::not_permitted, "cannot trace process 42: Operation not permitted",
              "process 41 already traces it, and a process can have only one tracer",
              "do not run snug under strace, gdb or another tracer"});
}

TEST_CASE("Yama's strict scopes are named with the way out") {
  CHECK(explain_seize_failure(42, EPERM, {.yama_scope = 2}) ==
        Error{ErrorCode::not_permitted, "cannot trace process 42: Operation not permitted",
              "kernel.yama.ptrace_scope is 2, so only a process with CAP_SYS_PTRACE may use ptrace",
              "run snug as root, or 'sysctl kernel.yama.ptrace_scope=1'"});
  CHECK(explain_seize_failure(42, EPERM, {.yama_scope = 3}) ==
        Error{ErrorCode::not_permitted, "cannot trace process 42: Operation not permitted",
              "kernel.yama.ptrace_scope is 3, so nobody may use ptrace until the next boot",
              "set kernel.yama.ptrace_scope to 1 in /etc/sysctl.d and reboot"});
}

TEST_CASE("a seccomp filter around snug is suspected when nothing else explains the failure") {
  CHECK(
      explain_seize_failure(42, EPERM, {.filtered = true}) ==
      Error{ErrorCode::not_permitted, "cannot trace process 42: Operation not permitted",
            "snug itself runs under a seccomp filter, which seems to forbid ptrace",
            "give the container a seccomp profile that allows ptrace (Docker's default does, from Linux 4.8 on)"});
}

TEST_CASE("a thread of the kernel cannot be traced by anybody") {
  CHECK(explain_seize_failure(2, EPERM, {.is_kernels = true, .is_others = true, .privileged = false}) ==
        Error{ErrorCode::not_permitted, "cannot trace process 2: Operation not permitted",
              "process 2 is a thread of the kernel, which makes no system calls",
              "name the process that you want to observe"});
}

TEST_CASE("without privilege another user's process is out of reach") {
  CHECK(explain_seize_failure(42, EPERM, {.yama_scope = 1, .is_others = true, .privileged = false}) ==
        Error{ErrorCode::not_permitted, "cannot trace process 42: Operation not permitted",
              "process 42 is another user's, and snug has no CAP_SYS_PTRACE", "run snug as root, or as that user"});
}

TEST_CASE("so is one that is no descendant, where Yama is on") {
  CHECK(explain_seize_failure(42, EPERM, {.yama_scope = 1, .filtered = true, .privileged = false}) ==
        Error{ErrorCode::not_permitted, "cannot trace process 42: Operation not permitted",
              "kernel.yama.ptrace_scope is 1, so a process may trace only its own descendants",
              "start the program as 'snug trace -- COMMAND', or run snug as root"});
}

TEST_CASE("so is one that has more privilege") {
  CHECK(explain_seize_failure(42, EPERM, {.privileged = false}) ==
        Error{ErrorCode::not_permitted, "cannot trace process 42: Operation not permitted",
              "process 42 has more privilege than snug, or protects itself", "run snug as root"});
}
