// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/ptrace_kernel.hpp"

#include <linux/audit.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <thread>

#include "tracer/linux/event_message.hpp"
#include "tracer/linux/forwarding.hpp"
#include "tracer/linux/init_end.hpp"
#include "tracer/linux/interruption.hpp"
#include "tracer/linux/privilege.hpp"
#include "tracer/linux/proc.hpp"
#include "tracer/linux/registers.hpp"
#include "tracer/linux/relatives.hpp"
#include "tracer/linux/seize.hpp"

namespace snug::tracer {
namespace {

constexpr std::chrono::milliseconds kNap{1};
constexpr std::chrono::milliseconds kPatience{300};

bool is_syscall_stop(int status) {
  return WSTOPSIG(status) == (SIGTRAP | 0x80) || status >> 16 == PTRACE_EVENT_SECCOMP;
}

bool names_a_task(int event) {
  return event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE ||
         event == PTRACE_EVENT_EXEC;
}

bool announces_birth(int event) {
  return names_a_task(event) && event != PTRACE_EVENT_EXEC;
}

// Where a task may run a program that we have not read yet.
bool shows_executable(int status) {
  const int event = status >> 16;
  return event == PTRACE_EVENT_EXEC || (event == PTRACE_EVENT_STOP && WSTOPSIG(status) == SIGTRAP);
}

// What clone3's flags are; its number is the same everywhere.
std::optional<std::uint64_t> read_pointed(pid_t tid, const SyscallInfo& info) {
  constexpr std::uint64_t kClone3 = 435;
  if ((info.number & ~std::uint64_t{kX32SyscallBit}) != kClone3) return std::nullopt;
  errno = 0;
  const long word = ptrace(PTRACE_PEEKDATA, tid, info.arguments[0], nullptr);
  if (errno != 0) return std::nullopt;
  return static_cast<std::uint64_t>(word);
}

// Only a process has a thread group of its own number. Signal 0 asks without sending anything; EPERM is for those
// who exist.
std::optional<BirthKind> read_birth_kind(pid_t child) {
  if (tgkill(child, child, 0) == 0 || errno == EPERM) return BirthKind::process;
  if (syscall(SYS_tkill, child, 0) == 0 || errno == EPERM) return BirthKind::thread;
  return std::nullopt;
}

// A 64-bit program can make 32-bit calls too, for which the kernel takes the lower halves of its registers.
void read_arguments(const std::uint64_t (&registers)[6], SyscallInfo& info) {
  const std::uint64_t taken = (info.audit_arch & __AUDIT_ARCH_64BIT) != 0 ? UINT64_MAX : UINT32_MAX;
  std::transform(std::begin(registers), std::end(registers), info.arguments.begin(),
                 [&](std::uint64_t value) { return value & taken; });
}

std::optional<SyscallInfo> read_syscall(pid_t tid) {
  __ptrace_syscall_info raw;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(raw), &raw) <= 0) return std::nullopt;

  SyscallInfo info;
  info.audit_arch = raw.arch;
  switch (raw.op) {
    case PTRACE_SYSCALL_INFO_ENTRY:
      info.operation = SyscallInfo::Operation::entry;
      info.number = raw.entry.nr;
      read_arguments(raw.entry.args, info);
      info.pointed = read_pointed(tid, info);
      return info;
    case PTRACE_SYSCALL_INFO_SECCOMP:
      info.operation = SyscallInfo::Operation::seccomp;
      info.number = raw.seccomp.nr;
      read_arguments(raw.seccomp.args, info);
      info.filter_data = static_cast<std::uint16_t>(raw.seccomp.ret_data);
      info.pointed = read_pointed(tid, info);
      return info;
    case PTRACE_SYSCALL_INFO_EXIT:
      info.operation = SyscallInfo::Operation::exit;
      info.result = raw.exit.rval;
      info.failed = raw.exit.is_error != 0;
      return info;
    default:
      return std::nullopt;
  }
}

auto request_of(Resume::Until until) {
  switch (until) {
    case Resume::Until::next_boundary:
      return PTRACE_SYSCALL;
    case Resume::Until::continued:
      return PTRACE_LISTEN;
    case Resume::Until::detached:
    case Resume::Until::ended:
      return PTRACE_DETACH;
    case Resume::Until::next_filtered:
    case Resume::Until::never:
      break;
  }
  return PTRACE_CONT;
}

}  // namespace

PtraceKernel::PtraceKernel(Rouser& rouser, OurEnd our_end, const std::vector<Seized>& tracees)
    : rouser_(rouser),
      our_end_(our_end),
      withholds_privilege_(!is_privileged() && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
  const auto children = our_children();
  inherited_.insert(children.begin(), children.end());
  for (const Seized& tracee : tracees) inherited_.erase(tracee.tid);
}

News PtraceKernel::wait() {
  while (!rouser_.is_wanted()) {
    if (is_over()) return Over{{asked_.begin(), asked_.end()}};
    int status = 0;
    const pid_t tid = asked_.empty() ? wait_for_anybody(status) : wait_while_letting_go(status);
    if (tid < 0 && errno != EINTR) return Over{};  // ECHILD: nobody is left
    if (tid <= 0 || inherited_.erase(tid) != 0) continue;
    if (buried_.erase(tid) != 0 && !WIFSTOPPED(status)) continue;
    last_report_ = std::chrono::steady_clock::now();
    somebody_left_ = !WIFSTOPPED(status);
    ++reports_;
    hide_interruption(tid, status);
    restore_forwarded(tid, status);
    return describe(tid, status);
  }
  return Roused{};
}

pid_t PtraceKernel::wait_for_anybody(int& status) {
  while (const auto tid = turns_.next()) {
    const pid_t ready = waitpid(*tid, &status, __WALL | WNOHANG);
    if (ready > 0) return ready;
    if (ready < 0) turns_.leave(*tid);  // an exec took it away
  }
  if (pacer_.is_close()) {
    const pid_t ready = waitpid(-1, &status, __WALL | WNOHANG);
    if (ready != 0) return ready;
    pacer_.missed();
  }
  return waitpid(-1, &status, __WALL);
}

// The kernel tells nobody that a leader has died before its threads: now and then we look for ourselves. 0: nobody
// has stopped.
pid_t PtraceKernel::wait_while_letting_go(int& status) {
  const pid_t ready = waitpid(-1, &status, __WALL | WNOHANG);
  if (ready == 0) std::this_thread::sleep_for(kNap);
  return ready;
}

// A leader that is dead while its threads live is never stopped, and detached only by our end. In an
// uninterruptible sleep, as a parent's in vfork(2), a task is deaf for as long as that lasts.
bool PtraceKernel::cannot_stop(pid_t tid) const {
  const char state = state_of(tid).value_or('X');
  if (state == 'D') return std::chrono::steady_clock::now() - last_report_ > kPatience;
  return state == 'Z' || state == 'X';
}

// With children that are not tracees the kernel never says ECHILD, so that after each end we look whether a tracee
// is left, unless one shows itself. Not asked for stops (WSTOPPED), it tells of those of tracees only, as in
// wait(); a background job that was stopped shows nothing. A child of a tracee is ours from its birth on: there is
// no gap to fall through.
bool PtraceKernel::is_over() {
  const bool has_other_children = !inherited_.empty() || has_detached_ || !asked_.empty();
  if (!has_other_children || (!somebody_left_ && asked_.empty())) return false;
  if (!std::ranges::all_of(asked_, [this](pid_t tid) { return cannot_stop(tid); })) return false;
  siginfo_t info{};
  const int waited = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL);
  if (waited == 0 && info.si_pid != 0) return false;
  somebody_left_ = false;
  return !are_tracing_any_but(asked_);
}

WaitReport PtraceKernel::describe(pid_t tid, int status) {
  WaitReport report;
  report.tid = tid;
  report.status = status;
  if (!WIFSTOPPED(status)) {
    turns_.leave(tid);
    asked_.erase(tid);
    return report;
  }
  turns_.join(tid);
  if (is_syscall_stop(status)) {
    pacer_.stopped(tid);
    report.syscall = read_syscall(tid);
  }
  if (names_a_task(status >> 16)) report.event_tid = read_event_tid(tid, status >> 16);
  if (announces_birth(status >> 16) && report.event_tid) {
    buried_.erase(*report.event_tid);
    turns_.join(*report.event_tid);
    report.birth_kind = read_birth_kind(*report.event_tid);
  }
  report.ends_init = would_end_init(tid, status);
  if (shows_executable(status)) report.executable = executables_.read(tid);
  if (status >> 16 == PTRACE_EVENT_EXEC) report.in_our_mounts = shares_our_mounts(tid);
  if (status >> 16 == PTRACE_EVENT_EXEC && withholds_privilege_)
    report.privilege_withheld = file_gives_privilege(tid);
  return report;
}

void PtraceKernel::resume(const Resume& order) {
  if (order.until == Resume::Until::never) return;
  if (order.refuse) {
    refuses_ = true;
    Verdict verdict = *order.refuse;
    if (verdict.action == Action::trap && is_init_without_trap_handler(order.tid))
      verdict.action = Action::kill_process;
    refuse_call(order.tid, verdict);
  }
  if (order.birth_flags) set_birth_flags(order.tid, *order.birth_flags);
  if (order.result) set_call_result(order.tid, *order.result);
  if (order.signo == SIGSYS && refuses_) name_trapped_call(order.tid);
  if (order.until == Resume::Until::ended && order.signo != 0) fault_again(order.tid, order.signo);
  if (order.dies_with_us) tie_to_us(order.tid);
  if (order.stop_again) interrupt(order.tid);
  // ESRCH means that the task was killed in the meantime, which wait() will report.
  ptrace(request_of(order.until), order.tid, nullptr, order.signo);
  if (order.until != Resume::Until::detached && order.until != Resume::Until::ended) return;
  somebody_left_ = true;
  asked_.erase(order.tid);
  turns_.leave(order.tid);
  if (order.until == Resume::Until::ended) {
    buried_.insert(order.tid);
    return;
  }
  has_detached_ = true;
  if (is_our_child(order.tid)) inherited_.insert(order.tid);
}

void PtraceKernel::interrupt(pid_t tid) {
  ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
  if (our_end_ == OurEnd::kills) return;
  asked_.insert(tid);
  last_report_ = std::chrono::steady_clock::now();
}

}  // namespace snug::tracer
