// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "snug/recording.hpp"
#include "snug/result.hpp"

// Exit statuses, as the man page documents them.
namespace snug::cli {

inline constexpr int kSuccess = 0;
inline constexpr int kFindings = 1;  // lint --strict: there are warnings or errors
inline constexpr int kBadInput = 2;
inline constexpr int kDenied = 3;   // verify: the profile denied something
inline constexpr int kRefused = 4;  // generate: the recording is incomplete
inline constexpr int kTracerFailed = 125;
inline constexpr int kNotExecutable = 126;
inline constexpr int kNotFound = 127;

// The status of a verb that runs a workload and failed itself; the numbers are those of env(1).
constexpr int tracer_status(const Error& error) {
  if (error.code == ErrorCode::not_found) return kNotFound;
  return error.code == ErrorCode::not_executable ? kNotExecutable : kTracerFailed;
}

// The same of a verb that also reads what may be incomplete.
constexpr int verification_status(const Error& error) {
  return error.code == ErrorCode::refused ? kRefused : tracer_status(error);
}

// The status of a verb that works on files and failed.
constexpr int file_status(const Error& error) {
  return error.code == ErrorCode::refused ? kRefused : kBadInput;
}

// The workload's own status, as a shell shows it.
constexpr int workload_status(const ExitStatus& exit) {
  return exit.signo ? 128 + *exit.signo : exit.code.value_or(0);
}

}  // namespace snug::cli
