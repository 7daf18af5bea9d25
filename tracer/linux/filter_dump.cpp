// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/filter_dump.hpp"

#include <fmt/format.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "tracer/linux/interruption.hpp"
#include "tracer/linux/privilege.hpp"
#include "tracer/linux/proc.hpp"

namespace snug::tracer {
namespace {

using Filters = std::vector<std::vector<sock_filter>>;
using Clock = std::chrono::steady_clock;

// A thread that sleeps uninterruptibly does not stop before it wakes.
constexpr std::chrono::seconds kPatience{5};

Error failure(pid_t tid, ErrorCode code, std::string because, std::string remedy) {
  return {code, fmt::format("cannot read the filters of process {}", tid), std::move(because), std::move(remedy)};
}

Error no_such_process(pid_t tid) {
  return failure(tid, ErrorCode::bad_input, "there is no such process", "look it up: ps -e, pgrep NAME");
}

// Why there are no filters to read, as far as /proc tells.
std::optional<Error> obstacle(pid_t tid) {
  const auto mode = status_number(tid, "Seccomp");
  const char state = state_of(tid).value_or('X');
  if (!mode || state == 'Z' || state == 'X') return no_such_process(tid);
  if (tid == getpid())
    return failure(tid, ErrorCode::bad_input, "that is snug itself", "name the process that you mean");
  if (mode == SECCOMP_MODE_STRICT)
    return failure(tid, ErrorCode::bad_input,
                   "it is in seccomp's strict mode, which allows read, write, exit and sigreturn and has no filter",
                   "nothing: there is no more to know about it");
  if (mode != SECCOMP_MODE_FILTER)
    return failure(tid, ErrorCode::bad_input, "no seccomp filter is on it: it may make every system call",
                   "name a process inside of the container, and look whether that is unconfined");
  return std::nullopt;
}

Error explain_refusal(pid_t tid, int reason) {
  if (reason == EACCES && runs_under_filter())
    return failure(tid, ErrorCode::not_permitted, "snug itself runs under a seccomp filter",
                   "run it outside of the container, as root");
  if (reason == EACCES)
    return failure(tid, ErrorCode::not_permitted, "snug has no CAP_SYS_ADMIN in the machine's first user namespace",
                   "run snug as root, outside of containers");
  if (reason == EINVAL || reason == EIO)
    return failure(tid, ErrorCode::unsupported, "this kernel cannot show filters (CONFIG_CHECKPOINT_RESTORE)",
                   "lint the profile that the container was started with");
  return failure(tid, ErrorCode::not_permitted, strerror(reason), "try again");
}

// A thread that is ours while this lives.
class Held {
 public:
  explicit Held(pid_t tid) : tid_(tid) {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  // The signal that it was about to get when it stopped is handed to it.
  ~Held() {
    if (stopped_) ptrace(PTRACE_DETACH, tid_, nullptr, signo_);
  }

  Result<Done> stop() {
    if (ptrace(PTRACE_INTERRUPT, tid_, nullptr, nullptr) != 0) return no_such_process(tid_);
    for (const auto start = Clock::now(); Clock::now() - start < kPatience;) {
      int status = 0;
      const pid_t who = waitpid(tid_, &status, __WALL | WNOHANG);
      if (who < 0 || (who > 0 && !WIFSTOPPED(status))) return no_such_process(tid_);
      if (who > 0) return note_stop(status);
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return failure(tid_, ErrorCode::unsupported, "it does not stop: it waits in the kernel, for a disk perhaps",
                   "try again");
  }

 private:
  Result<Done> note_stop(int status) {
    hide_interruption(tid_, status);
    stopped_ = true;
    if (status >> 16 == 0) signo_ = WSTOPSIG(status);
    return Done{};
  }

  pid_t tid_;
  bool stopped_ = false;
  long signo_ = 0;
};

// The filter at that place, counted from the earliest; empty behind the latest.
Result<std::vector<sock_filter>> dump_filter(pid_t tid, unsigned long place) {
  std::vector<sock_filter> program;
  const long length = ptrace(PTRACE_SECCOMP_GET_FILTER, tid, place, nullptr);
  if (length < 0 && errno == ENOENT) return program;
  if (length < 0) return explain_refusal(tid, errno);
  program.resize(static_cast<std::size_t>(length));
  if (ptrace(PTRACE_SECCOMP_GET_FILTER, tid, place, program.data()) < 0) return explain_refusal(tid, errno);
  return program;
}

Result<Filters> dump_all(pid_t tid) {
  Filters filters;
  for (;;) {
    auto program = dump_filter(tid, filters.size());
    if (!program) return program.error();
    if (program->empty()) break;
    filters.push_back(std::move(*program));
  }
  std::reverse(filters.begin(), filters.end());
  return filters;
}

}  // namespace

Result<Filters> dump_filters(pid_t tid) {
  if (auto error = obstacle(tid)) return *error;
  if (ptrace(PTRACE_SEIZE, tid, nullptr, nullptr) != 0) {
    const int reason = errno;
    if (reason == ESRCH) return no_such_process(tid);
    return explain_seize_failure(tid, reason, find_ptrace_obstacles(tid));
  }
  Held held(tid);
  const auto stopped = held.stop();
  if (!stopped) return stopped.error();
  return dump_all(tid);
}

}  // namespace snug::tracer
