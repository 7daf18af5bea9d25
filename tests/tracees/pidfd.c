// SPDX-License-Identifier: Apache-2.0
// Learns of children's ends by pidfd, which a wait must then find. Fails when one did not.
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

enum { kRounds = 200, kThreads = 4 };

static void exits(void) {
  _exit(7);
}

static void is_killed(void) {
  raise(SIGKILL);
}

static void* rest(void* unused) {
  pause();
  return unused;
}

static void start_threads(void) {
  pthread_t thread;
  for (int i = 0; i < kThreads; ++i) pthread_create(&thread, NULL, rest, NULL);
}

static void exits_with_threads(void) {
  start_threads();
  _exit(7);
}

// A thread that ends the process while its leader is about to end kills the leader in the stop where its tracer
// would let it go: that race no tracer can win.
static void wait_for_leaders_end(void) {
  char text[256];
  char state = 0;
  while (state != 'Z') {
    FILE* const file = fopen("/proc/self/stat", "r");
    if (file == NULL) _exit(1);
    if (fgets(text, sizeof text, file) != NULL) state = *(strrchr(text, ')') + 2);
    fclose(file);
  }
}

static void* exit_for_all(void* unused) {
  wait_for_leaders_end();
  _exit(7);
  return unused;
}

static void outlives_its_leader(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, exit_for_all, NULL);
  pthread_exit(NULL);
}

static void* execute(void* unused) {
  wait_for_leaders_end();
  execl("/bin/sh", "sh", "-c", "exit 7", (char*)NULL);
  return unused;
}

static void is_replaced_by_a_thread(void) {
  pthread_t thread;
  start_threads();
  pthread_create(&thread, NULL, execute, NULL);
  pthread_exit(NULL);
}

static int is_missed(void (*end)(void)) {
  const pid_t child = fork();
  if (child == 0) end();
  struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, child, 0), .events = POLLIN};
  while (poll(&ended, 1, -1) != 1) continue;
  siginfo_t info = {0};
  waitid((idtype_t)P_PIDFD, (id_t)ended.fd, &info, WEXITED | WNOHANG);
  const int missed = info.si_pid != child;
  if (missed) waitpid(child, NULL, 0);
  close(ended.fd);
  return missed;
}

static int count_missed(const char* kind, void (*end)(void)) {
  int missed = 0;
  for (int round = 0; round < kRounds; ++round) missed += is_missed(end);
  if (missed != 0) printf("of %d children that end so, %d were missed: %s\n", kRounds, missed, kind);
  return missed;
}

int main(void) {
  const int missed = count_missed("exit", exits) + count_missed("a signal", is_killed) +
                     count_missed("exit with threads", exits_with_threads) +
                     count_missed("exit after the leader", outlives_its_leader) +
                     count_missed("exec by a thread", is_replaced_by_a_thread);
  return missed != 0;
}
