// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/launcher.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "tracer/linux/seize.hpp"

namespace snug::tracer {
namespace {

enum class Step : int { filter, identity, exec };

// What the child writes when it cannot become the command.
struct Failure {
  Step step;
  int errno_value;
};

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return Error{ErrorCode::io, "cannot start the command", fmt::format("pipe2: {}", strerror(errno)),
                 "close files or raise 'ulimit -n'"};
  }
  return Pipe{ends[0], ends[1]};
}

bool install(const LaunchOptions& options) {
  if (options.no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  return options.filter.empty() || install_filter(options.filter);
}

[[noreturn]] void give_up(int failure_pipe, Step step) {
  const Failure failure{step, errno};
  [[maybe_unused]] const ssize_t written = write(failure_pipe, &failure, sizeof(failure));
  _exit(125);
}

// The child's side. Everything it needs is prepared: between fork and exec it only makes system calls.
[[noreturn]] void become_command(const LaunchOptions& options, char* const* arguments, Pipe go, int failure_pipe) {
  close(go.write_end);
  char ignored = 0;
  if (read(go.read_end, &ignored, 1) != 1) _exit(125);  // the tracer could not seize us, and says so itself
  sigaction(SIGCHLD, &options.child_action, nullptr);
  sigprocmask(SIG_SETMASK, &options.signal_mask, nullptr);
  if (!install(options)) give_up(failure_pipe, Step::filter);
  if (!assume(options.identity)) give_up(failure_pipe, Step::identity);
  execvp(arguments[0], arguments);
  give_up(failure_pipe, Step::exec);
}

Error explain(const Failure& failure, const std::string& program) {
  const std::string reason = strerror(failure.errno_value);
  if (failure.step == Step::filter) {
    return {ErrorCode::not_permitted, "cannot install the seccomp filter: " + reason,
            "the kernel wants CAP_SYS_ADMIN or no_new_privs for it, or has no seccomp filters",
            "run snug as root, or use 'snug trace --stops=syscall'"};
  }
  if (failure.step == Step::identity) {
    return {ErrorCode::not_permitted,
            "cannot run the command as another user or with fewer capabilities: " + reason,
            "the kernel lets only a privileged process do that",
            "run snug as root, or leave --user and --capabilities out"};
  }
  if (failure.errno_value == ENOENT) {
    return {ErrorCode::not_found, fmt::format("cannot run '{}': {}", program, reason),
            program.find('/') == std::string::npos ? "no folder of PATH has it"
                                                   : "the file, or the interpreter it names, does not exist",
            "check the spelling, or give the program's full path"};
  }
  return {ErrorCode::not_executable, fmt::format("cannot run '{}': {}", program, reason),
          "the kernel refused to execute it",
          "check its permissions (chmod +x) and that it is made for this machine"};
}

}  // namespace

Launched::Launched(Launched&& other) noexcept
    : pid_(other.pid_), failure_pipe_(std::exchange(other.failure_pipe_, -1)) {}

Launched::~Launched() {
  if (failure_pipe_ >= 0) close(failure_pipe_);
}

Result<Done> Launched::outcome(const std::string& program) const {
  Failure failure{};
  if (read(failure_pipe_, &failure, sizeof(failure)) != sizeof(failure)) return Done{};
  return explain(failure, program);
}

Result<Launched> launch(const LaunchOptions& options) {
  const auto go = make_pipe();
  if (!go) return go.error();
  const auto failure = make_pipe();
  if (!failure) return failure.error();
  std::vector<char*> arguments;
  for (const std::string& word : options.command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  const pid_t child = fork();
  if (child == 0) become_command(options, arguments.data(), *go, failure->write_end);
  const int fork_errno = errno;
  close(go->read_end);
  close(failure->write_end);
  Launched launched{child, failure->read_end};
  if (child < 0) {
    close(go->write_end);
    return Error{ErrorCode::io, "cannot start the command", fmt::format("fork: {}", strerror(fork_errno)),
                 "raise 'ulimit -u' or free memory"};
  }

  const auto seized = seize(child, options.survives ? 0 : PTRACE_O_EXITKILL);
  if (seized && write(go->write_end, "", 1) != 1) kill(child, SIGKILL);
  close(go->write_end);
  if (!seized) {
    waitpid(child, nullptr, 0);
    return seized.error();
  }
  return launched;
}

}  // namespace snug::tracer
