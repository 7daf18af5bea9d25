// SPDX-License-Identifier: Apache-2.0
// Does what C libraries do by new system calls, or by old ones where there are none. Names what failed, and fails
// then.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures = 0;

static void check(const char* what, int works) {
  if (works) return;
  printf("%s: %s\n", what, strerror(errno));
  ++failures;
}

// Lives on for so long that whoever joins it has to wait.
static void* sleeps(void* unused) {
  usleep(20000);
  return unused;
}

static int makes_threads(void) {
  pthread_t thread;
  errno = pthread_create(&thread, NULL, sleeps, NULL);
  return errno == 0 && pthread_join(thread, NULL) == 0;
}

static int spawns(void) {
  char* const words[] = {"true", NULL};
  char* const environment[] = {NULL};
  pid_t child;
  int status = 1;
  errno = posix_spawn(&child, "/bin/true", NULL, NULL, words, environment);
  return errno == 0 && waitpid(child, &status, 0) == child && status == 0;
}

static int reads_from_a_command(void) {
  char word[8] = "";
  FILE* const output = popen("echo word", "r");
  if (output == NULL) return 0;
  const int is_read = fgets(word, sizeof word, output) != NULL && strcmp(word, "word\n") == 0;
  return pclose(output) == 0 && is_read;
}

static int waits_for_events(void) {
  struct epoll_event event;
  const int queue = epoll_create1(EPOLL_CLOEXEC);
  return queue >= 0 && epoll_pwait(queue, &event, 1, 1, NULL) == 0 && close(queue) == 0;
}

int main(void) {
  struct stat about;
  check("pthread_create", makes_threads());
  check("posix_spawn", spawns());
  check("system", system("true") == 0);
  check("popen", reads_from_a_command());
  check("fork", fork() != 0 ? wait(NULL) > 0 : (_exit(0), 0));
  check("faccessat", faccessat(AT_FDCWD, "/", X_OK, AT_EACCESS) == 0);
  check("fstatat", fstatat(AT_FDCWD, "/", &about, AT_SYMLINK_NOFOLLOW) == 0);
  check("epoll_pwait", waits_for_events());
#ifdef __GLIBC__
  struct statx more;
  check("statx", statx(AT_FDCWD, "/", 0, STATX_BASIC_STATS, &more) == 0);
  closefrom(100);
#endif
  if (failures == 0) puts("all work");
  return failures != 0;
}
