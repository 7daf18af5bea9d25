// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/untraced.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace snug::tracer {

Result<ExitStatus> run_untraced(const std::vector<std::string>& command) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_t child = 0;
  if (const int failure = posix_spawnp(&child, words[0], nullptr, nullptr, words.data(), environ); failure != 0) {
    const bool is_missing = failure == ENOENT;
    return Error{is_missing ? ErrorCode::not_found : ErrorCode::not_executable,
                 fmt::format("cannot run {}", command.front()), strerror(failure),
                 is_missing ? "install it, or give its path" : ""};
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  ExitStatus exit;
  if (WIFEXITED(status)) exit.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) exit.signo = WTERMSIG(status);
  return exit;
}

}  // namespace snug::tracer
