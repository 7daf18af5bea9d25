// SPDX-License-Identifier: Apache-2.0
// churn FILE PROCESSES THREADS: so many child processes with so many threads each, all of which bear and bury
// threads and children without end; a child bears a grandchild and buries it. FILE holds a counter (8 bytes) for
// each thread, which it increments whenever it has buried what it bore. Exits with 1 as soon as a call fails,
// without a word of what it was; ended by a signal otherwise.
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile uint64_t* counters;

static void must(int succeeded) {
  if (!succeeded) _exit(1);
}

static void* live_and_die(void* nothing) {
  return nothing;
}

static void bear_thread(void) {
  pthread_t thread;
  must(pthread_create(&thread, NULL, live_and_die, NULL) == 0);
  must(pthread_join(thread, NULL) == 0);
}

static void bear_child(int generations) {
  if (generations == 0) return;
  const pid_t child = fork();
  must(child >= 0);
  if (child == 0) {
    bear_child(generations - 1);
    _exit(0);
  }
  int status = 1;
  must(waitpid(child, &status, 0) == child && status == 0);
}

static void* churn(void* counter) {
  for (;;) {
    bear_thread();
    bear_child(2);
    ++*(volatile uint64_t*)counter;
  }
  return NULL;
}

static void be_a_process(int first, int threads) {
  for (int i = 1; i < threads; ++i) {
    pthread_t thread;
    must(pthread_create(&thread, NULL, churn, (void*)&counters[first + i]) == 0);
  }
  churn((void*)&counters[first]);
}

int main(int argc, char** argv) {
  must(argc == 4);
  const int processes = atoi(argv[2]);
  const int threads = atoi(argv[3]);
  const size_t size = sizeof(*counters) * (size_t)(processes * threads);
  const int file = open(argv[1], O_RDWR | O_CREAT, 0600);
  must(file >= 0 && ftruncate(file, (off_t)size) == 0);
  counters = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  must(counters != MAP_FAILED);
  for (int i = 0; i < processes; ++i) {
    const pid_t child = fork();
    must(child >= 0);
    if (child == 0) be_a_process(i * threads, threads);
  }
  int status = 0;
  must(wait(&status) < 0);
  return 1;
}
