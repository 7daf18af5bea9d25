// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/apart.hpp"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

namespace snug::tracer {
namespace {

using Clock = std::chrono::steady_clock;

Error broken_off(std::string because) {
  return {ErrorCode::io, "cannot run the command apart", std::move(because), ""};
}

// In the child: the standard streams, whatever they were.
bool redirect(const std::string& log) {
  const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  return input >= 0 && output >= 0 && dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
         dup2(output, STDERR_FILENO) >= 0;
}

[[noreturn]] void work_in_child(int report, const std::string& log, const std::function<Result<Texts>()>& work) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (redirect(log)) {
    write_all(report, pack(work()));
  } else {
    write_all(report, pack(Error{ErrorCode::io, "cannot write " + log, strerror(errno), "choose another file"}));
  }
  _exit(0);
}

// Reads until the end; false when `limit` is over first.
bool read_until(int fd, std::chrono::milliseconds limit, std::string& text) {
  const auto deadline = Clock::now() + limit;
  std::array<char, 65536> part{};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (limit.count() != 0 && left.count() <= 0) return false;
    pollfd awaited{fd, POLLIN, 0};
    const int ready = poll(&awaited, 1, limit.count() == 0 ? -1 : static_cast<int>(left.count()));
    if (ready <= 0) continue;
    const ssize_t got = read(fd, part.data(), part.size());
    if (got == 0 || (got < 0 && errno != EINTR)) return true;
    if (got > 0) text.append(part.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<ApartResult> run_apart(const ApartOptions& options, const std::function<Result<Texts>()>& work) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return broken_off(strerror(errno));
  const auto start = Clock::now();
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    work_in_child(ends[1], options.log, work);
  }
  const int failure = errno;
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return broken_off(strerror(failure));
  }

  std::string packed;
  ApartResult result;
  result.too_slow = !read_until(ends[0], options.limit, packed);
  close(ends[0]);
  if (result.too_slow) kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  result.duration = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  if (result.too_slow) return result;
  auto texts = unpack(packed, "the command's tracer");
  if (!texts) return texts.error();
  result.texts = std::move(*texts);
  return result;
}

}  // namespace snug::tracer
