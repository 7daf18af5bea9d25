// SPDX-License-Identifier: Apache-2.0
#include "tests/support/catch.hpp"
#include "tests/support/scripted_kernel.hpp"
#include "tracer/core/stop.hpp"

using namespace snug;
using namespace snug::tracer;
namespace script = snug::tracer::script;

TEST_CASE("an exit status is an end by exit") {
  CHECK(decode(script::exited(7, 3)) == Stop{Exited{3}});
}

TEST_CASE("a signal status is an end by that signal, core dumped or not") {
  CHECK(decode(script::killed(7, SIGSEGV)) == Stop{Killed{SIGSEGV}});
  CHECK(decode(script::killed(7, SIGSEGV | 0x80)) == Stop{Killed{SIGSEGV}});
}

TEST_CASE("only the marked SIGTRAP is a syscall stop; the program's own is a signal") {
  CHECK(decode(script::signalled(7, SIGTRAP)) == Stop{SignalArrived{SIGTRAP}});
  CHECK(decode(script::entered(7, 39)) == Stop{SyscallEntered{Call{Arch::x86_64, 39, AUDIT_ARCH_X86_64, {}}}});
}

TEST_CASE("entry and exit come from the kernel's word, not from counting stops") {
  CHECK(decode(script::returned(7, -2)) == Stop{SyscallReturned{-2, true}});
  CHECK(decode(script::returned(7, 5)) == Stop{SyscallReturned{5, false}});
}

TEST_CASE("a filter's stop carries the filter's data") {
  SyscallInfo info = script::call_info(SyscallInfo::Operation::seccomp, 165);
  info.filter_data = 38;

  CHECK(decode(script::filtered(7, info)) ==
        Stop{SyscallFiltered{Call{Arch::x86_64, 165, AUDIT_ARCH_X86_64, {}}, 38}});
}

TEST_CASE("a call of a 32-bit program is an i386 call") {
  const auto info = script::call_info(SyscallInfo::Operation::seccomp, 20, AUDIT_ARCH_I386);

  CHECK(decode(script::filtered(7, info)) == Stop{SyscallFiltered{Call{Arch::i386, 20, AUDIT_ARCH_I386, {}}, 0}});
}

TEST_CASE("the x32 bit makes a call x32 and is taken off the number") {
  const auto info = script::call_info(SyscallInfo::Operation::seccomp, kX32SyscallBit | 39);

  CHECK(decode(script::filtered(7, info)) == Stop{SyscallFiltered{Call{Arch::x32, 39, AUDIT_ARCH_X86_64, {}}, 0}});
}

TEST_CASE("a call of an architecture without a table keeps its number and its audit architecture") {
  const auto info = script::call_info(SyscallInfo::Operation::seccomp, 4020, 0x40000008);

  CHECK(decode(script::filtered(7, info)) == Stop{SyscallFiltered{Call{Arch::unknown, 4020, 0x40000008, {}}, 0}});
}

TEST_CASE("births name the child and its kind") {
  CHECK(decode(script::born(7, PTRACE_EVENT_FORK, 8)) == Stop{TaskBorn{8, BirthKind::process}});
  CHECK(decode(script::born(7, PTRACE_EVENT_VFORK, 8)) == Stop{TaskBorn{8, BirthKind::process}});
  CHECK(decode(script::born(7, PTRACE_EVENT_CLONE, 8)) == Stop{TaskBorn{8, BirthKind::thread}});
}

TEST_CASE("a stop event with SIGTRAP is an arrival, with a stopping signal a group stop") {
  const Executable program{"/bin/true", ""};

  CHECK(decode(script::arrived(8, program)) == Stop{TaskArrived{program}});
  CHECK(decode(script::group_stopped(8, SIGTSTP)) == Stop{GroupStopped{}});
}

TEST_CASE("an exec names the thread that did it") {
  const Executable program{"/bin/true", ""};

  CHECK(decode(script::executed(7, 9, program)) == Stop{Executed{9, program, false, false}});
}

TEST_CASE("a syscall stop of a task that was killed before it could be read is told as unread") {
  WaitReport unread = script::filtered(7, 39);
  unread.syscall.reset();

  CHECK(decode(unread) == Stop{SyscallUnread{}});
}

TEST_CASE("the end of a vfork only lets the task go on") {
  CHECK(decode(script::born(7, PTRACE_EVENT_VFORK_DONE, 8)) == Stop{Passing{}});
}
