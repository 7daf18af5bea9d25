// SPDX-License-Identifier: Apache-2.0
// Installs a seccomp filter of its own that gives getppid another end:
//
//   filters ACTION [HOW]
//
// ACTION is errno (EACCES), trap, kill_process, kill_thread, trace, log, notify (a thread answers EXDEV), strict
// (seccomp's strict mode instead of a filter) or made (the filter is there already). A second thread waits
// meanwhile. HOW is one of
//
//   self (default)  by the main thread for itself      tsync     for both threads (SECCOMP_FILTER_FLAG_TSYNC)
//   thread          by the second thread for itself    listener  for both threads, with a listener
//   exec            by a child, which then executes "filters made"
//
// Whoever has the filter makes 3 getppid; a main thread without it makes 2 that succeed; then comes 1 getuid. Exits
// with 0 if every getppid ended as it should.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TSYNC_ESRCH (1UL << 4)  // SECCOMP_FILTER_FLAG_TSYNC_ESRCH, which older kernel headers lack

struct action {
  const char* name;
  unsigned verdict;
  int error;  // that getppid then fails with, 0 for none
};

static const struct action actions[] = {
    {"errno", SECCOMP_RET_ERRNO | EACCES, EACCES},
    {"trap", SECCOMP_RET_TRAP, 0},
    {"kill_process", SECCOMP_RET_KILL_PROCESS, 0},
    {"kill_thread", SECCOMP_RET_KILL_THREAD, 0},
    {"trace", SECCOMP_RET_TRACE | 7, ENOSYS},  // what the kernel says where the program has no tracer
    {"log", SECCOMP_RET_LOG, 0},
    {"notify", SECCOMP_RET_USER_NOTIF, EXDEV},
    {"made", SECCOMP_RET_ALLOW, EACCES},
};

static const struct action* wanted;
static unsigned long flags;
static int listener;
static int words[2];  // a pipe to the second thread
static volatile sig_atomic_t traps;
static int wrong;

static int is(const char* left, const char* right) {
  return strcmp(left, right) == 0;
}

static void count_trap(int signo) {
  (void)signo;
  ++traps;
}

static void ask_for_parent(int times, int error) {
  for (int i = 0; i < times; ++i) {
    errno = 0;
    syscall(SYS_getppid);
    if (errno != error) wrong = 1;
  }
}

static void* answer(void* unused) {
  for (;;) {
    struct seccomp_notif asked;
    memset(&asked, 0, sizeof(asked));
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) return unused;
    struct seccomp_notif_resp told = {.id = asked.id, .error = -EXDEV};
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &told);
  }
}

static void install(void) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, wanted->verdict),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {sizeof(program) / sizeof(program[0]), program};
  pthread_t server;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) exit(3);
  const long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
  if (result < 0) exit(4);
  listener = (int)result;
  if ((flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0) pthread_create(&server, NULL, answer, NULL);
}

static void install_and_ask(void) {
  install();
  ask_for_parent(3, wanted->error);
}

// The second thread does what it is told: 'f' installs a filter, 'a' asks.
static void* obey(void* unused) {
  char word = 0;
  if (read(words[0], &word, 1) != 1) exit(5);
  if (word == 'f') install_and_ask();
  if (word == 'a') ask_for_parent(3, wanted->error);
  return unused;
}

static int be_strict(void) {
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) return 6;
  syscall(SYS_write, 1, "strict\n", 7);
  syscall(SYS_getppid);  // which this mode answers with SIGKILL
  return 7;
}

static void install_and_execute(void) {
  int status = 0;
  const pid_t child = fork();
  if (child == 0) {
    install();
    execl("/proc/self/exe", "filters", "made", NULL);
    _exit(8);
  }
  waitpid(child, &status, 0);
  if (status != 0) wrong = 1;
}

// What the main thread does; returns the word for the second thread.
static char act(const char* how) {
  const unsigned long notify = is(wanted->name, "notify") ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
  flags = notify;
  if (is(how, "tsync")) flags = SECCOMP_FILTER_FLAG_TSYNC;
  if (is(how, "listener")) flags = SECCOMP_FILTER_FLAG_TSYNC | TSYNC_ESRCH | SECCOMP_FILTER_FLAG_NEW_LISTENER;
  if (is(how, "thread")) return 'f';
  if (is(how, "exec")) {
    install_and_execute();
    return 'n';
  }
  install_and_ask();
  return flags == notify ? 'n' : 'a';
}

static int finish(void) {
  syscall(SYS_getuid);
  return wrong || traps != (is(wanted->name, "trap") ? 3 : 0);
}

int main(int argc, char** argv) {
  const char* const action = argc > 1 ? argv[1] : "";
  const char* const how = argc > 2 ? argv[2] : "self";
  if (is(action, "strict")) return be_strict();
  for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); ++i) {
    if (is(action, actions[i].name)) wanted = &actions[i];
  }
  if (wanted == NULL || pipe(words) != 0) return 2;
  if (is(action, "made")) {
    ask_for_parent(3, wanted->error);
    return finish();
  }
  if (is(action, "trap")) signal(SIGSYS, count_trap);

  pthread_t second;
  if (pthread_create(&second, NULL, obey, NULL) != 0) return 2;
  const char word = act(how);
  if (write(words[1], &word, 1) != 1) return 2;
  pthread_join(second, NULL);
  if (word == 'f') ask_for_parent(2, 0);
  return finish();
}
