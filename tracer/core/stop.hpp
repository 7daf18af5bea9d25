// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <variant>

#include "snug/arch.hpp"
#include "snug/recording.hpp"
#include "tracer/core/report.hpp"

namespace snug::tracer {

// A system call as it was entered. `number` is without the x32 bit, which `arch` already says.
struct Call {
  Arch arch = Arch::unknown;
  std::uint32_t number = 0;
  std::uint32_t audit_arch = 0;
  std::array<std::uint64_t, 6> arguments{};
  // The first 8 bytes that clone3's pointer argument points to: its flags. Nothing for other calls, or where the
  // task's memory could not be read.
  std::optional<std::uint64_t> pointed = std::nullopt;

  bool operator==(const Call&) const = default;
};

// The kinds of stop a tracee can make, each with what it tells.
struct SyscallEntered {  // PTRACE_SYSCALL, before the call
  Call call;
  bool operator==(const SyscallEntered&) const = default;
};
struct SyscallFiltered {  // a filter returned SECCOMP_RET_TRACE, before the call
  Call call;
  std::uint16_t filter_data = 0;
  bool operator==(const SyscallFiltered&) const = default;
};
struct SyscallReturned {  // PTRACE_SYSCALL, after the call
  std::int64_t result = 0;
  bool failed = false;
  bool operator==(const SyscallReturned&) const = default;
};
struct SyscallUnread {  // at a call; the task was killed before the tracer could read which, and will not make it
  bool operator==(const SyscallUnread&) const = default;
};
struct TaskBorn {  // told by the parent; the child's own first stop may come before
  pid_t child = 0;
  BirthKind kind = BirthKind::process;
  bool operator==(const TaskBorn&) const = default;
};
struct TaskArrived {  // a new task's first stop, or the end of a group stop
  std::optional<Executable> executable;
  bool operator==(const TaskArrived&) const = default;
};
struct Executed {  // the task runs a new program; `former_tid` differs when a thread other than the leader did it
  pid_t former_tid = 0;
  std::optional<Executable> executable;
  bool in_our_mounts = false;
  bool privilege_withheld = false;
  bool operator==(const Executed&) const = default;
};
struct GroupStopped {  // by a stopping signal; the task must stay stopped until SIGCONT
  bool operator==(const GroupStopped&) const = default;
};
struct SignalArrived {  // about to be delivered
  int signo = 0;
  bool ends_init = false;
  bool operator==(const SignalArrived&) const = default;
};
struct EndBegun {  // past the task's last call; nobody else has been told of its end yet
  bool operator==(const EndBegun&) const = default;
};
struct Exited {
  int code = 0;
  bool operator==(const Exited&) const = default;
};
struct Killed {
  int signo = 0;
  bool operator==(const Killed&) const = default;
};
struct Passing {  // nothing to learn, the task only needs to go on
  bool operator==(const Passing&) const = default;
};

using Stop = std::variant<SyscallEntered, SyscallFiltered, SyscallReturned, SyscallUnread, TaskBorn, TaskArrived,
                          Executed, GroupStopped, SignalArrived, EndBegun, Exited, Killed, Passing>;

// Names the one kind of stop that `report` describes.
Stop decode(const WaitReport& report);

}  // namespace snug::tracer
