// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/event_obstacles.hpp"

#include <cerrno>

#include "tests/support/catch.hpp"

using namespace snug;
using namespace snug::tracer;
using Step = EventFailure::Step;

TEST_CASE("without CAP_PERFMON the setting that asks for it is named") {
  CHECK(explain_event_failure({Step::open, EACCES}, {.paranoid = 3}) ==
        Error{ErrorCode::not_permitted, "cannot hear the kernel's capability checks: Permission denied",
              "kernel.perf_event_paranoid is 3, and snug has no CAP_PERFMON",
              "run snug as root, or with CAP_PERFMON"});
}

TEST_CASE("a sandbox is suspected when a privileged snug may not open events") {
  CHECK(explain_event_failure({Step::open, EPERM}, {.may_perfmon = true}) ==
        Error{ErrorCode::not_permitted, "cannot hear the kernel's capability checks: Operation not permitted",
              "a seccomp filter or a security module around snug seems to forbid perf_event_open",
              "run snug outside of containers, or under a profile that allows perf_event_open"});
}

TEST_CASE("when locked memory is used up the limit is named") {
  CHECK(explain_event_failure({Step::map, EPERM}, {.may_perfmon = true}) ==
        Error{ErrorCode::unsupported, "cannot hear the kernel's capability checks: Operation not permitted",
              "every task of the workload takes memory that is locked, and snug's limit of it is reached",
              "run snug with CAP_IPC_LOCK, or raise the limit, with 'ulimit -l'"});
  CHECK(explain_event_failure({Step::map, ENOMEM}, {.may_perfmon = true, .may_lock = true}) ==
        Error{ErrorCode::unsupported, "cannot hear the kernel's capability checks: Cannot allocate memory",
              "the kernel has no memory left for what it would tell", "observe fewer tasks at once"});
}

TEST_CASE("a kernel without events is told apart from one that refuses them") {
  CHECK(explain_event_failure({Step::open, ENOSYS}, {}) ==
        Error{ErrorCode::unsupported, "cannot hear the kernel's capability checks: Function not implemented",
              "this kernel, or the sandbox around snug, has no perf_event_open",
              "use Linux 6.14 or newer, as root"});
}
