// SPDX-License-Identifier: Apache-2.0
// Stops and continues children and tells what their parent is told. The argument names the scene.
#include <pthread.h>

#include "observed.h"
#include "scenes.h"

enum { kThreads = 3 };

// What the children show their parent.
struct Board {
  volatile unsigned long work[kThreads];
  volatile int handled;
  volatile bool ready;
};
static struct Board* board;

static void tell_wait(const char* what, int flags) {
  siginfo_t info = {0};
  const int result = waitid(P_PID, (id_t)known_child, &info, flags);
  tell("%s: %s", what, error_of(result));
  if (info.si_pid != 0) {
    tell(", %s code %d status %d pid %s uid %d", signal_name(info.si_signo), info.si_code, info.si_status,
         who(info.si_pid), info.si_uid == getuid());
  }
  tell("\n");
}

static void count_handled(int signo) {
  (void)signo;
  ++board->handled;
}

static void await_work(int thread) {
  const unsigned long before = board->work[thread];
  while (board->work[thread] == before) breathe();
}

// Work is a call and a step, over and over: it shows both that a child runs and that it does not.
static void* work(void* place) {
  for (;;) {
    syscall(SYS_getppid);
    ++*(volatile unsigned long*)place;
  }
  return NULL;
}

static void* rest(void* unused) {
  int ends[2];
  char byte;
  MUST(pipe(ends));
  while (read(ends[0], &byte, 1) != 1) continue;
  return unused;
}

static void begin(void (*live)(void)) {
  board = shared_memory(sizeof(*board));
  known_child = fork();
  MUST(known_child);
  if (known_child == 0) {
    setpgid(0, 0);
    live();
  }
}

static void end(void) {
  MUST(kill(known_child, SIGKILL));
  tell_wait("killed", WEXITED);
}

static void live_by_working(void) {
  work((void*)&board->work[0]);
}

static void live_with_threads(void) {
  pthread_t thread;
  for (int i = 1; i < kThreads; ++i) pthread_create(&thread, NULL, work, (void*)&board->work[i]);
  pthread_create(&thread, NULL, rest, NULL);
  work((void*)&board->work[0]);
}

static void live_with_a_handler(void) {
  treat(SIGCONT, count_handled);
  treat(SIGTSTP, count_handled);
  board->ready = true;
  live_by_working();
}

// Whether any of the child's threads got on while we made many calls and slept a while.
static bool gets_on(void) {
  unsigned long before[kThreads];
  for (int i = 0; i < kThreads; ++i) before[i] = board->work[i];
  for (int i = 0; i < 20; ++i) breathe();
  for (int i = 0; i < kThreads; ++i) {
    if (board->work[i] != before[i]) return true;
  }
  return false;
}

static void stop_by(int signo) {
  MUST(kill(known_child, signo));
  tell_wait("stopped, looked at", WSTOPPED | WNOWAIT);
  tell_wait("stopped", WSTOPPED);
  tell_wait("stopped, asked again", WSTOPPED | WNOHANG);
  tell("gets on: %d\n", gets_on());
}

static void go_on(void) {
  MUST(kill(known_child, SIGCONT));
  tell_wait("continued, looked at", WCONTINUED | WNOWAIT);
  tell_wait("continued", WCONTINUED);
  tell_wait("continued, asked again", WCONTINUED | WNOHANG);
}

static void stop_by_every_signal(int threads) {
  const int stopping[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
  for (size_t i = 0; i < sizeof(stopping) / sizeof(stopping[0]); ++i) {
    for (int thread = 0; thread < threads; ++thread) await_work(thread);
    stop_by(stopping[i]);
    go_on();
  }
  for (int thread = 0; thread < threads; ++thread) await_work(thread);
  end();
}

static void single(void) {
  begin(live_by_working);
  stop_by_every_signal(1);
}

static void threads(void) {
  begin(live_with_threads);
  stop_by_every_signal(kThreads);
}

static void kill_stopped(void) {
  begin(live_with_threads);
  for (int thread = 0; thread < kThreads; ++thread) await_work(thread);
  stop_by(SIGSTOP);
  end();
}

// A signal with a handler waits until the process is continued; then the handlers run, by number.
static void signal_stopped(void) {
  begin(live_with_a_handler);
  while (!board->ready) breathe();
  stop_by(SIGSTOP);
  MUST(kill(known_child, SIGTSTP));
  for (int i = 0; i < 20; ++i) breathe();
  tell("handled while stopped: %d\n", board->handled);
  go_on();
  while (board->handled < 1) breathe();
  await_work(0);
  await_work(0);
  tell("handled: %d\n", board->handled);
  end();
}

// A handler of SIGTSTP keeps its process from being stopped; one of SIGCONT runs also where nothing was stopped.
static void continue_running(void) {
  begin(live_with_a_handler);
  while (!board->ready) breathe();
  for (int i = 1; i <= 3; ++i) {
    MUST(kill(known_child, SIGCONT));
    while (board->handled < i) breathe();
  }
  MUST(kill(known_child, SIGTSTP));
  while (board->handled < 4) breathe();
  tell_wait("asked", WSTOPPED | WCONTINUED | WNOHANG);
  await_work(0);
  tell("handled: %d\n", board->handled);
  end();
}

static void terminate_stopped(void) {
  begin(live_by_working);
  await_work(0);
  stop_by(SIGSTOP);
  MUST(kill(known_child, SIGTERM));
  tell_wait("asked", WEXITED | WNOHANG);
  MUST(kill(known_child, SIGCONT));
  tell_wait("ended", WEXITED);
}

static void live_by_stopping(void) {
  for (int i = 0; i < 3; ++i) raise(SIGSTOP);
  _exit(7);
}

static void stop_itself(void) {
  begin(live_by_stopping);
  for (int i = 0; i < 3; ++i) {
    tell_wait("stopped", WSTOPPED);
    MUST(kill(known_child, SIGCONT));  // whether it is seen as continued before it stops again is chance
  }
  tell_wait("ended", WEXITED);
}

// Each round may find the child anywhere: at a call's entry, in it, behind it, or just born.
static void live_by_forking(void) {
  for (;;) {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, NULL, 0);
    ++board->work[0];
  }
}

static void stop_anywhere(void) {
  begin(live_by_forking);
  for (int i = 0; i < 100; ++i) {
    await_work(0);
    MUST(kill(known_child, SIGSTOP));
    siginfo_t info;
    MUST(waitid(P_PID, (id_t)known_child, &info, WSTOPPED));
    MUST(kill(known_child, SIGCONT));
    MUST(waitid(P_PID, (id_t)known_child, &info, WCONTINUED));
  }
  end();
}

// Clones threads all the time, so that some are born into a stop.
static void* do_nothing(void* unused) {
  return unused;
}

static void live_by_cloning(void) {
  for (;;) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, do_nothing, NULL) != 0) _exit(3);
    pthread_join(thread, NULL);
    ++board->work[0];
  }
}

static void stop_births(void) {
  begin(live_by_cloning);
  for (int i = 0; i < 100; ++i) {
    await_work(0);
    MUST(kill(known_child, SIGSTOP));
    siginfo_t info;
    MUST(waitid(P_PID, (id_t)known_child, &info, WSTOPPED));
    MUST(kill(known_child, SIGCONT));
  }
  end();
}

const struct Scene kScenes[] = {
    {"single", single},
    {"threads", threads},
    {"kill stopped", kill_stopped},
    {"signal stopped", signal_stopped},
    {"terminate stopped", terminate_stopped},
    {"continue running", continue_running},
    {"stop itself", stop_itself},
    {"stop anywhere", stop_anywhere},
    {"stop births", stop_births},
    {NULL, NULL},
};
