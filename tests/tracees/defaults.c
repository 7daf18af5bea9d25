// SPDX-License-Identifier: Apache-2.0
// Lets every signal do what it does by itself, each to a child of its own, and tells how that ended. The argument
// names the scene.
#include <pthread.h>
#include <sys/resource.h>

#include "observed.h"
#include "scenes.h"

// What the C library keeps for itself cannot be set by its functions.
static long set_action(int signo, void (*handler)(int)) {
  struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
  } action = {.handler = handler};
  return syscall(SYS_rt_sigaction, signo, &action, NULL, 8);
}

static void send_to_itself(int signo, void (*handler)(int)) {
  const long set = set_action(signo, handler);
  if (set != 0) tell("%s: %s\n", signal_name(signo), error_of(set));
  syscall(SYS_kill, getpid(), signo);
  _exit(42);
}

static pid_t child_with(int signo, void (*handler)(int)) {
  const pid_t child = fork();
  MUST(child);
  if (child == 0) {
    setpgid(0, 0);  // not orphaned: there terminal stops would be ignored
    send_to_itself(signo, handler);
  }
  return child;
}

static void try_all(void (*handler)(int)) {
  for (int signo = 1; signo <= 64; ++signo) {
    const pid_t child = child_with(signo, handler);
    int status;
    MUST(waitpid(child, &status, WUNTRACED));
    describe_status(signal_name(signo), status);
    if (!WIFSTOPPED(status)) continue;
    kill(child, SIGCONT);
    MUST(waitpid(child, &status, 0));
    describe_status(signal_name(signo), status);
  }
}

static void by_default(void) {
  try_all(SIG_DFL);
}
static void ignored(void) {
  try_all(SIG_IGN);
}

static void with_cores(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_CORE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_CORE, &limit);
  const int deadly[] = {SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS, SIGFPE,
                        SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS,  SIGTERM};
  for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); ++i) {
    const pid_t child = child_with(deadly[i], SIG_DFL);
    int status;
    MUST(waitpid(child, &status, 0));
    describe_status(signal_name(deadly[i]), status);
  }
}

static void* sleep_in_call(void* call) {
  int ends[2];
  char byte;
  MUST(pipe(ends));
  if (call == NULL) return (void*)read(ends[0], &byte, 1);
  for (;;) pause();
}

// One thread dies of a fault, or of a signal that was sent to it: all of them do.
static void kill_all_threads(int signo) {
  const pid_t child = fork();
  if (child == 0) {
    pthread_t threads[3];
    for (long i = 0; i < 3; ++i) pthread_create(&threads[i], NULL, sleep_in_call, (void*)i);
    if (signo != 0) pthread_kill(threads[1], signo);
    if (signo == 0) (void)*nowhere;
    for (;;) pause();
  }
  int status;
  MUST(waitpid(child, &status, 0));
  describe_status("threads", status);
}

static void threads(void) {
  kill_all_threads(0);
  kill_all_threads(SIGTERM);
  kill_all_threads(SIGKILL);
  kill_all_threads(SIGABRT);
  kill_all_threads(SIGRTMIN);
}

static void abort_itself(void) {
  abort();
}
static void die_of_a_real_time_signal(void) {
  raise(SIGRTMIN + 5);
}
static void kill_itself(void) {
  kill(getpid(), SIGKILL);
}
static void run_out_of_time(void) {
  setrlimit(RLIMIT_CPU, &(struct rlimit){.rlim_cur = 0, .rlim_max = 1});
  for (;;) continue;
}
static void write_too_much(void) {
  setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = 1, .rlim_max = 1});
  const int file = open("large", O_CREAT | O_WRONLY, 0600);
  MUST(write(file, "ab", 2));
  MUST(write(file, "cd", 2));
}

const struct Scene kScenes[] = {
    {"by default", by_default},     {"ignored", ignored},
    {"with cores", with_cores},     {"threads", threads},
    {"abort", abort_itself},        {"real-time signal", die_of_a_real_time_signal},
    {"kill", kill_itself},          {"time limit", run_out_of_time},
    {"size limit", write_too_much}, {NULL, NULL},
};
