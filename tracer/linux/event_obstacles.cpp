// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/event_obstacles.hpp"

#include <fmt/format.h>
#include <linux/capability.h>
#include <string.h>

#include <cerrno>
#include <fstream>

#include "tracer/linux/proc.hpp"

namespace snug::tracer {
namespace {

using Step = EventFailure::Step;

bool is_refusal(int errno_value) {
  return errno_value == EPERM || errno_value == EACCES;
}

void explain_refusal(const EventObstacles& obstacles, Error& error) {
  error.code = ErrorCode::not_permitted;
  if (!obstacles.may_perfmon) {
    error.because =
        fmt::format("kernel.perf_event_paranoid is {}, and snug has no CAP_PERFMON", obstacles.paranoid);
    error.remedy = "run snug as root, or with CAP_PERFMON";
  } else {
    error.because = "a seccomp filter or a security module around snug seems to forbid perf_event_open";
    error.remedy = "run snug outside of containers, or under a profile that allows perf_event_open";
  }
}

}  // namespace

EventObstacles find_event_obstacles() {
  EventObstacles obstacles;
  std::ifstream("/proc/sys/kernel/perf_event_paranoid") >> obstacles.paranoid;
  const std::uint64_t effective = status_number(0, "CapEff", 16).value_or(0);
  const auto has = [&](unsigned capability) { return ((effective >> capability) & 1U) != 0; };
  obstacles.may_perfmon = has(CAP_PERFMON) || has(CAP_SYS_ADMIN);
  obstacles.may_lock = has(CAP_IPC_LOCK);
  return obstacles;
}

Error explain_event_failure(const EventFailure& failure, const EventObstacles& obstacles) {
  const std::string words = strerror(failure.errno_value);
  Error error{ErrorCode::unsupported, "cannot hear the kernel's capability checks: " + words,
              "the kernel does not say more", "use Linux 6.14 or newer, as root"};
  if (failure.errno_value == EMFILE || failure.errno_value == ENFILE) {
    error.because = "every task of the workload takes two of snug's file descriptors, and too few are left";
    error.remedy = "raise the limit of open files, with 'ulimit -n'";
  } else if (failure.step == Step::map && (is_refusal(failure.errno_value) || failure.errno_value == ENOMEM)) {
    error.because = obstacles.may_lock ? "the kernel has no memory left for what it would tell"
                                       : "every task of the workload takes memory that is locked, and snug's limit "
                                         "of it is reached";
    error.remedy = obstacles.may_lock ? "observe fewer tasks at once"
                                      : "run snug with CAP_IPC_LOCK, or raise the limit, with 'ulimit -l'";
  } else if (failure.step == Step::open && is_refusal(failure.errno_value)) {
    explain_refusal(obstacles, error);
  } else if (failure.errno_value == ENOSYS) {
    error.because = "this kernel, or the sandbox around snug, has no perf_event_open";
  }
  return error;
}

}  // namespace snug::tracer
