// SPDX-License-Identifier: Apache-2.0
// spawn PROGRAM [ARGUMENT...]: runs it by posix_spawn and exits with its exit code.
#define _GNU_SOURCE
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
  pid_t child;
  int status;
  if (argc < 2 || posix_spawn(&child, argv[1], 0, 0, argv + 1, environ) != 0) return 125;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 126;
  return WEXITSTATUS(status);
}
