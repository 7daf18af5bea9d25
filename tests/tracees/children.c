// SPDX-License-Identifier: Apache-2.0
// Has children that end, stop and go on, and tells what SIGCHLD and the wait calls say of them. The argument names
// the scene.
#include <poll.h>
#include <sys/prctl.h>

#include "observed.h"
#include "scenes.h"

static siginfo_t last;
static volatile int times;

static void note(int signo, siginfo_t* info, void* context) {
  (void)signo, (void)context;
  last = *info;
  ++times;
}

static void tell_signal(const char* what, int expected_times) {
  while (times < expected_times) breathe();
  tell("%s: code %d status %d from %s uid %d, %d times\n", what, last.si_code, last.si_status, who(last.si_pid),
       last.si_uid == getuid(), times);
}

static pid_t child_that_exits(int code) {
  known_child = fork();
  if (known_child == 0) _exit(code);
  return known_child;
}

static pid_t child_that_waits(void) {
  known_child = fork();
  if (known_child == 0) {
    for (;;) pause();
  }
  return known_child;
}

static void reap(void) {
  int status = 0;
  errno = 0;
  const pid_t ended = waitpid(-1, &status, 0);
  if (ended < 0) tell("nobody to reap: %s\n", error_of(ended));
  if (ended > 0) describe_status("reaped", status);
}

static void life(void) {
  on(SIGCHLD, note, 0);
  child_that_exits(3);
  tell_signal("exited", 1);
  reap();
  child_that_waits();
  kill(known_child, SIGSTOP);
  tell_signal("stopped", 2);
  kill(known_child, SIGCONT);
  tell_signal("continued", 3);
  kill(known_child, SIGTERM);
  tell_signal("killed", 4);
  reap();
  reap();
}

// Asks wait what became of the child, since no signal does.
static void without_stops(void) {
  on(SIGCHLD, note, SA_NOCLDSTOP);
  child_that_waits();
  kill(known_child, SIGSTOP);
  MUST(waitpid(known_child, NULL, WUNTRACED));
  kill(known_child, SIGCONT);
  MUST(waitpid(known_child, NULL, WCONTINUED));
  tell("%d times\n", times);
  kill(known_child, SIGKILL);
  tell_signal("killed", 1);
  reap();
}

static void without_zombies(void) {
  on(SIGCHLD, note, SA_NOCLDWAIT);
  child_that_exits(3);
  tell_signal("exited", 1);
  reap();
}

// A wait lasts until no child is left, and then fails.
static void ignoring(void) {
  treat(SIGCHLD, SIG_IGN);
  for (int i = 0; i < 20; ++i) child_that_exits(i);
  reap();
  tell("the last one is gone: %d\n", kill(known_child, 0) == -1 && errno == ESRCH);
}

static void looking(void) {
  child_that_exits(9);
  siginfo_t info = {0};
  tell("looked: %d\n", waitid(P_PID, (id_t)known_child, &info, WEXITED | WNOWAIT));
  tell("code %d status %d\n", info.si_code, info.si_status);
  tell("still there: %s\n", error_of(kill(known_child, 0)));
  reap();
  tell("gone: %s\n", error_of(kill(known_child, 0)));
}

// A signal that comes while the parent waits for somebody else, who ends afterwards.
static void many(void) {
  on(SIGCHLD, note, SA_RESTART);
  const pid_t first = child_that_waits();
  for (int i = 0; i < 30; ++i) {
    const pid_t child = child_that_exits(i);
    int status;
    MUST(waitpid(child, &status, 0));
    if (WEXITSTATUS(status) != i) tell("wrong status\n");
  }
  kill(first, SIGKILL);
  int status;
  MUST(waitpid(first, &status, 0));
  describe_status("first", status);
}

static void by_pidfd(void) {
  child_that_waits();
  const int file = (int)syscall(SYS_pidfd_open, known_child, 0);
  MUST(file);
  kill(known_child, SIGTERM);
  struct pollfd ended = {.fd = file, .events = POLLIN};
  tell("poll: %d\n", poll(&ended, 1, -1));
  siginfo_t info;
  tell("waitid: %d\n", waitid(P_PIDFD, (id_t)file, &info, WEXITED));
  tell("code %d status %d\n", info.si_code, info.si_status);
}

// A vfork's parent sleeps until its child is done, and takes what came meanwhile afterwards.
static void borrowing(void) {
  on(SIGUSR1, note, 0);
  const pid_t parent = getpid();
  const pid_t child = vfork();
  if (child == 0) {
    kill(parent, SIGUSR1);
    kill(parent, SIGSTOP);
    kill(parent, SIGCONT);
    _exit(times);
  }
  int status;
  MUST(waitpid(child, &status, 0));
  describe_status("vforked", status);
  tell("afterwards: %d times, from %s\n", times, last.si_pid == child ? "child" : who(last.si_pid));
}

// The death of the parent is a signal too.
static void orphaned(void) {
  int ends[2];
  MUST(pipe(ends));
  const pid_t parent = fork();
  if (parent == 0) {
    if (fork() == 0) {
      const sigset_t death = set_of(SIGUSR1);
      sigprocmask(SIG_BLOCK, &death, NULL);
      MUST(prctl(PR_SET_PDEATHSIG, SIGUSR1));
      MUST(write(ends[1], "", 1));
      siginfo_t info;
      const int signo = sigwaitinfo(&death, &info);
      tell("%s code %d\n", signal_name(signo), info.si_code);
      _exit(0);
    }
    char byte;
    MUST(read(ends[0], &byte, 1));
    _exit(0);
  }
  MUST(waitpid(parent, NULL, 0));
  close(ends[1]);
  char byte;
  tell("all ended: %ld\n", read(ends[0], &byte, 1));
}

const struct Scene kScenes[] = {
    {"life", life},
    {"without stops", without_stops},
    {"without zombies", without_zombies},
    {"ignoring", ignoring},
    {"looking", looking},
    {"many", many},
    {"by pidfd", by_pidfd},
    {"borrowing", borrowing},
    {"orphaned", orphaned},
    {NULL, NULL},
};
