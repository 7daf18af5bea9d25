// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "snug/profile.hpp"

// The 16 bits that SECCOMP_RET_TRACE hands to a tracer (PTRACE_GETEVENTMSG), used to say which verdict a profile
// has for the call that stopped:
//
//   0x0000 to 0x0fff   fail with this errno (the kernel knows none above 4095)
//   0x1000 to 0x1fff   trace with this datum, plus 0x1000
//   0xf001 upwards     kill_process, kill_thread, trap, log, notify, allow: in this order
namespace snug {

inline constexpr std::uint16_t kLargestErrno = 4095;

// The code of a verdict whose errno is at most kLargestErrno. Different verdicts have different codes.
constexpr std::uint16_t encode(Verdict verdict) {
  switch (verdict.action) {
    case Action::fail:
      return static_cast<std::uint16_t>(verdict.errno_value & kLargestErrno);
    case Action::trace:
      return static_cast<std::uint16_t>(0x1000 | (verdict.errno_value & kLargestErrno));
    case Action::kill_process:
      return 0xf001;
    case Action::kill_thread:
      return 0xf002;
    case Action::trap:
      return 0xf003;
    case Action::log:
      return 0xf004;
    case Action::notify:
      return 0xf005;
    case Action::allow:
      return 0xf006;
  }
  return 0xf001;
}

// The verdict of a code; for a code that encode() never gives, kill_process, the strictest.
constexpr Verdict decode_verdict(std::uint16_t code) {
  if (code <= 0x0fff) return {Action::fail, code};
  if (code <= 0x1fff) return {Action::trace, static_cast<std::uint16_t>(code & kLargestErrno)};
  switch (code) {
    case 0xf002:
      return {Action::kill_thread, 0};
    case 0xf003:
      return {Action::trap, 0};
    case 0xf004:
      return {Action::log, 0};
    case 0xf005:
      return {Action::notify, 0};
    case 0xf006:
      return {Action::allow, 0};
    default:
      return {Action::kill_process, 0};
  }
}

}  // namespace snug
