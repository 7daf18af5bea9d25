// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>

#include "snug/recording.hpp"

namespace snug::tracer {

// What our filter that stops every call says with SECCOMP_RET_TRACE, so that a filter of the workload's own that
// returns the same action, and outranks ours then, can be told from it.
inline constexpr std::uint16_t kTraceMark = 0x736e;

// What PTRACE_GET_SYSCALL_INFO says of a stop (ptrace(2)); which fields count depends on `operation`.
struct SyscallInfo {
  enum class Operation : std::uint8_t { entry, exit, seccomp };

  Operation operation = Operation::entry;
  std::uint32_t audit_arch = 0;
  std::uint64_t number = 0;                  // entry and seccomp
  std::array<std::uint64_t, 6> arguments{};  // entry and seccomp
  std::int64_t result = 0;                   // exit: the value, or -errno when `failed`
  bool failed = false;                       // exit
  std::uint16_t filter_data = 0;             // seccomp: the 16 bits of the filter's SECCOMP_RET_TRACE
  std::optional<std::uint64_t> pointed;      // entry and seccomp, of clone3: its flags, which stand in memory
};

enum class BirthKind : std::uint8_t { process, thread };

// Everything the kernel said about one task at one stop.
struct WaitReport {
  pid_t tid = 0;
  int status = 0;                        // as waitpid(2) returns it
  std::optional<pid_t> event_tid;        // PTRACE_GETEVENTMSG at births and execs; missing if the task was killed
  std::optional<BirthKind> birth_kind;   // at births; missing if the child has ended already
  std::optional<SyscallInfo> syscall;    // at syscall and seccomp stops; missing if the task was killed meanwhile
  std::optional<Executable> executable;  // at exec and at a task's first stop; missing if it cannot be read
  bool in_our_mounts = false;            // at exec: in the tracer's own mount namespace
  bool ends_init = false;                // at a signal: it would end a pid namespace's first process, but for us
  bool privilege_withheld = false;       // at exec: the program would have gained privilege, but for its tracer
};

}  // namespace snug::tracer
