// SPDX-License-Identifier: Apache-2.0
#include "generator/core/answers.hpp"

#include <linux/seccomp.h>

#include <algorithm>

#include "snug/verdict_code.hpp"

namespace snug {

std::uint32_t answer_of(Verdict verdict) {
  switch (verdict.action) {
    case Action::allow:
      return SECCOMP_RET_ALLOW;
    case Action::log:
      return SECCOMP_RET_LOG;
    case Action::notify:
      return SECCOMP_RET_USER_NOTIF;
    case Action::trace:
      return SECCOMP_RET_TRACE | verdict.errno_value;
    case Action::fail:
      return SECCOMP_RET_ERRNO | verdict.errno_value;
    case Action::trap:
      return SECCOMP_RET_TRAP;
    case Action::kill_thread:
      return SECCOMP_RET_KILL_THREAD;
    case Action::kill_process:
      return SECCOMP_RET_KILL_PROCESS;
  }
  return SECCOMP_RET_KILL_PROCESS;
}

Verdict verdict_of(std::uint32_t answer) {
  const auto data = static_cast<std::uint16_t>(answer & SECCOMP_RET_DATA);
  switch (answer & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
      return {Action::allow, 0};
    case SECCOMP_RET_LOG:
      return {Action::log, 0};
    case SECCOMP_RET_USER_NOTIF:
      return {Action::notify, 0};
    case SECCOMP_RET_TRACE:
      return {Action::trace, data};
    case SECCOMP_RET_ERRNO:
      return {Action::fail, std::min(data, kLargestErrno)};
    case SECCOMP_RET_TRAP:
      return {Action::trap, 0};
    case SECCOMP_RET_KILL_THREAD:
      return {Action::kill_thread, 0};
    default:
      return {Action::kill_process, 0};
  }
}

// Actions are ordered as signed numbers, which makes killing the process, with the highest bit, the least of them.
std::uint32_t prevailing(std::uint32_t later, std::uint32_t earlier) {
  const auto rank = [](std::uint32_t answer) {
    return static_cast<std::int32_t>(answer & SECCOMP_RET_ACTION_FULL);
  };
  return rank(earlier) < rank(later) ? earlier : later;
}

}  // namespace snug
