// SPDX-License-Identifier: Apache-2.0
// A handler counts the real-time signals that another process sends while calls are made: none may be lost, none
// may come out of order, and no call may fail. The argument names the scene.
#include <pthread.h>
#include <sched.h>

#include "observed.h"
#include "scenes.h"

enum { kSignals = 20000, kReads = 1000 };

static _Atomic int counted;  // by the handlers of two threads, where bytes go through a pipe
static volatile int out_of_order, of_strangers;

static void count(int signo, siginfo_t* info, void* context) {
  (void)signo, (void)context;
  if (info->si_value.sival_int != counted) ++out_of_order;
  if (info->si_pid != known_child) ++of_strangers;
  ++counted;
}

static void send_all(pid_t target) {
  for (int value = 0; value < kSignals;) {
    if (sigqueue(target, SIGRTMIN, (union sigval){.sival_int = value}) == 0) {
      ++value;
    } else {
      sched_yield();  // the queue is full
    }
  }
  _exit(0);
}

static void start_sender(void) {
  const sigset_t storm = set_of(SIGRTMIN);
  const pid_t target = getpid();
  sigprocmask(SIG_BLOCK, &storm, NULL);  // until it is known who the sender is
  on(SIGRTMIN, count, SA_RESTART);
  known_child = fork();
  if (known_child == 0) send_all(target);
  sigprocmask(SIG_UNBLOCK, &storm, NULL);
}

static void storm(void) {
  start_sender();
  int wrong = 0;
  const pid_t parent = getppid();
  while (counted < kSignals) wrong += syscall(SYS_getppid) != parent;
  int status;
  MUST(waitpid(known_child, &status, 0));
  tell("counted %d, out of order %d, of strangers %d, wrong results %d\n", counted, out_of_order, of_strangers,
       wrong);
}

// Bytes go through a pipe meanwhile, and must all arrive.
static void* feed(void* end) {
  static char bytes[1000];
  for (int i = 0; i < 1000; ++i) MUST(write((int)(long)end, bytes, sizeof(bytes)));
  close((int)(long)end);
  return NULL;
}

static void pipe_in_a_storm(void) {
  int ends[2];
  MUST(pipe(ends));
  start_sender();
  pthread_t feeder;
  MUST(pthread_create(&feeder, NULL, feed, (void*)(long)ends[1]) == 0 ? 0 : -1);
  long received = 0, got;
  char buffer[512];
  while ((got = read(ends[0], buffer, sizeof(buffer))) > 0) received += got;
  tell("received %ld, then %s\n", received, error_of(got));
  while (counted < kSignals) breathe();
  pthread_join(feeder, NULL);
  tell("counted %d\n", counted);
}

// The reader has no byte to read: each of its calls is interrupted, or was about to be made when the signal came.
static void interrupt_reads(void) {
  int ends[2];
  MUST(pipe(ends));
  const sigset_t storm_signal = set_of(SIGRTMIN);
  sigprocmask(SIG_BLOCK, &storm_signal, NULL);
  on(SIGRTMIN, count, 0);
  const pid_t target = getpid();
  known_child = fork();
  if (known_child == 0) {
    for (int value = 0; value < kReads; ++value) {
      MUST(sigqueue(target, SIGRTMIN, (union sigval){.sival_int = value}));
      while (has_pending(target)) sched_yield();
    }
    _exit(0);
  }
  close(ends[1]);  // the end of the sender then is the end of the pipe
  sigprocmask(SIG_UNBLOCK, &storm_signal, NULL);
  int other = 0;
  long got;
  char byte;
  while ((got = read(ends[0], &byte, 1)) != 0) other += got != -1 || errno != EINTR;
  MUST(waitpid(known_child, NULL, 0));
  tell("counted %d, out of order %d, calls that ended otherwise %d\n", counted, out_of_order, other);
}

const struct Scene kScenes[] = {
    {"calls", storm},
    {"pipe", pipe_in_a_storm},
    {"interrupted reads", interrupt_reads},
    {NULL, NULL},
};
