// SPDX-License-Identifier: Apache-2.0
// What any C library is asked for first: threads, children and programs. Makes 4 times 5 getsid in threads, 3
// getpgid in a forked child, 2 getppid in this program spawned again, and 1 getuid.
#define _GNU_SOURCE
#include <pthread.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void repeat(long number, int times) {
  for (int i = 0; i < times; ++i) syscall(number, 0);
}

static void* be_thread(void* unused) {
  repeat(SYS_getsid, 5);
  return unused;
}

static int await(pid_t child) {
  int status = 1;
  return waitpid(child, &status, 0) == child && status == 0;
}

static int start_threads(void) {
  pthread_t threads[4];
  for (int i = 0; i < 4; ++i) {
    if (pthread_create(&threads[i], NULL, be_thread, NULL) != 0) return 0;
  }
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  return 1;
}

int main(int argc, char** argv) {
  if (argc > 1) {
    repeat(SYS_getppid, 2);
    return 0;
  }
  if (!start_threads()) return 1;
  pid_t child = fork();
  if (child == 0) {
    repeat(SYS_getpgid, 3);
    _exit(0);
  }
  if (!await(child)) return 2;
  char* const again[] = {argv[0], "again", NULL};
  if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, again, environ) != 0 || !await(child)) return 3;
  repeat(SYS_getuid, 1);
  return 0;
}
