// SPDX-License-Identifier: Apache-2.0
// leaderless [wait]: a process whose first thread has exited, or does so when a line comes, while another lives.
// That echoes what it reads, byte by byte, until the end of its input. Prints "ready" when it begins to.
#include <pthread.h>
#include <string.h>

#include "observed.h"

static bool waits;
static pthread_t leader;

static void* echo(void* nothing) {
  char byte;
  if (!waits) pthread_join(leader, NULL);
  tell("ready\n");
  if (waits) pthread_join(leader, NULL);
  while (read(STDIN_FILENO, &byte, 1) == 1) MUST(write(STDOUT_FILENO, &byte, 1));
  exit(5);
  return nothing;
}

int main(int argc, char** argv) {
  waits = argc == 2 && strcmp(argv[1], "wait") == 0;
  leader = pthread_self();
  pthread_t thread;
  if (pthread_create(&thread, NULL, echo, NULL) != 0) return 1;
  char line;
  if (waits) MUST(read(STDIN_FILENO, &line, 1));
  pthread_exit(NULL);
}
