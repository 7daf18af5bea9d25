// SPDX-License-Identifier: Apache-2.0
#include "generator/core/verdict_words.hpp"

#include <cstring>

namespace snug {

std::string what_happens(Verdict verdict) {
  switch (verdict.action) {
    case Action::allow:
      return "is allowed";
    case Action::log:
      return "is allowed and logged";
    case Action::notify:
      return "is decided by a listener";
    case Action::trace:
      return "fails with ENOSYS unless a tracer decides it";
    case Action::fail:
      // The kernel skips the call all the same.
      if (verdict.errno_value == 0) return "does nothing and succeeds";
      return "fails with " + errno_name(verdict.errno_value);
    case Action::trap:
      return "gets SIGSYS";
    case Action::kill_thread:
      return "kills the thread";
    case Action::kill_process:
      return "kills the process";
  }
  return "kills the process";
}

std::string errno_name(int value) {
  const char* const name = strerrorname_np(value);
  return name != nullptr ? name : std::to_string(value);
}

}  // namespace snug
