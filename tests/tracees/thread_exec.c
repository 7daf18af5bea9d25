// SPDX-License-Identifier: Apache-2.0
// A thread other than the leader executes this program again, with one argument more, which then makes 2 getuid.
// The exec takes the leader and a third, sleeping thread away.
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

static char** arguments;

static void* sleep_on(void* unused) {
  for (;;) pause();
  return unused;
}

static void* execute(void* unused) {
  char* again[] = {arguments[0], "again", 0};
  execve("/proc/self/exe", again, environ);
  return unused;
}

int main(int argc, char** argv) {
  if (argc > 1) return (int)(getuid() + getuid()) * 0;
  arguments = argv;
  pthread_t sleeper, executor;
  if (pthread_create(&sleeper, 0, sleep_on, 0) != 0 || pthread_create(&executor, 0, execute, 0) != 0) return 1;
  pthread_join(executor, 0);
  return 2;
}
