// SPDX-License-Identifier: Apache-2.0
// Ten times over, a child whose four threads make getppid without end, and which ends as soon as each of them has
// made one: its end kills them wherever they are.
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kChildren = 10, kThreads = 4 };

static sem_t started;

static void* ask_on(void* unused) {
  syscall(SYS_getppid);
  sem_post(&started);
  for (;;) syscall(SYS_getppid);
  return unused;
}

static void live_and_end(void) {
  pthread_t thread;
  for (int i = 0; i < kThreads; ++i) {
    if (pthread_create(&thread, 0, ask_on, 0) != 0) _exit(1);
  }
  for (int i = 0; i < kThreads; ++i) sem_wait(&started);
  _exit(0);
}

int main(void) {
  int failed = 0;
  sem_init(&started, 0, 0);
  for (int i = 0; i < kChildren; ++i) {
    const pid_t child = fork();
    if (child == 0) live_and_end();
    int status = 0;
    failed |= waitpid(child, &status, 0) != child || status != 0;
  }
  return failed;
}
