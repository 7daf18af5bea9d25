// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/background.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "tracer/linux/pack.hpp"

namespace snug::tracer {
namespace {

using Work = std::function<Result<Done>(const std::function<void()>& ready)>;

constexpr int kReport = 3;  // where the child keeps the pipe, behind the standard streams

Error cannot_start(std::string because) {
  return {ErrorCode::io, "cannot start the tracer in the background", std::move(because),
          "close files or raise 'ulimit -u'"};
}

// Whoever started us may wait for the end of any stream that we leave open.
bool take_leave(int report, const std::string& log) {
  setsid();
  const int input = open("/dev/null", O_RDONLY);
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (input < 0 || output < 0) return false;
  const int kept = fcntl(report, F_DUPFD_CLOEXEC, 64);
  if (kept < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
      dup2(output, STDERR_FILENO) < 0 || dup3(kept, kReport, O_CLOEXEC) < 0)
    return false;
  return close_range(kReport + 1, ~0U, 0) == 0 && chdir("/") == 0;
}

[[noreturn]] void work_on(int report, const std::string& log, const Work& work) {
  if (!take_leave(report, log)) {
    write_all(report, pack(Error{ErrorCode::io, "cannot write " + log, strerror(errno), "choose another folder"}));
    _exit(1);
  }
  bool is_ready = false;
  const auto done = work([&] {
    is_ready = true;
    write_all(kReport, pack(Texts{}));
    close(kReport);
  });
  if (!is_ready) write_all(kReport, pack(done ? Result<Texts>(Texts{}) : Result<Texts>(done.error())));
  _exit(done ? 0 : 1);
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t got = 1; got > 0 || (got < 0 && errno == EINTR);) {
    got = read(fd, part.data(), part.size());
    if (got > 0) text.append(part.data(), static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace

Result<Done> run_in_background(const std::string& log, const Work& work) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return cannot_start(fmt::format("pipe2: {}", strerror(errno)));
  const pid_t child = fork();
  const int failure = errno;
  if (child == 0) {
    close(ends[0]);
    if (fork() != 0) _exit(0);  // so that whoever we become is not its parent
    work_on(ends[1], log, work);
  }
  close(ends[1]);
  if (child > 0) waitpid(child, nullptr, 0);
  const std::string report = child < 0 ? "" : read_all(ends[0]);
  close(ends[0]);
  if (child < 0) return cannot_start(fmt::format("fork: {}", strerror(failure)));

  const auto told = unpack(report, "the tracer in the background");
  if (!told) return told.error();
  return Done{};
}

}  // namespace snug::tracer
