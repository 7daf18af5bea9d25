// SPDX-License-Identifier: Apache-2.0
// Moves between process groups and sessions and tells whom their signals reach. The argument names the scene.
#include "observed.h"
#include "scenes.h"

struct Board {
  volatile int arrived[4];
  volatile int ready;
  volatile int hung_up, continued;
  volatile char order[8];
};
static struct Board* board;
static int number;  // of this child

static void count(int signo) {
  (void)signo;
  ++board->arrived[number];
}

static pid_t member(int index, pid_t group) {
  const pid_t child = fork();
  if (child != 0) {
    setpgid(child, group);
    return child;
  }
  setpgid(0, group);
  number = index;
  treat(SIGUSR1, count);
  __atomic_add_fetch(&board->ready, 1, __ATOMIC_SEQ_CST);
  for (;;) pause();
}

static void kill_group(void) {
  const pid_t leader = member(0, 0);
  member(1, leader);
  member(2, leader);
  known_child = member(3, 0);
  while (board->ready < 4) breathe();
  MUST(kill(-leader, SIGUSR1));
  while (!board->arrived[0] || !board->arrived[1] || !board->arrived[2]) breathe();
  tell("arrived: %d %d %d %d\n", board->arrived[0], board->arrived[1], board->arrived[2], board->arrived[3]);
  MUST(kill(-leader, SIGKILL));
  for (int i = 0; i < 3; ++i) {
    int status;
    MUST(waitpid(-leader, &status, 0));
    describe_status("member", status);
  }
  MUST(kill(known_child, SIGKILL));
  MUST(waitpid(known_child, NULL, 0));
  tell("no member: %s\n", error_of(kill(-leader, SIGUSR1)));
  tell("no child in it: %s\n", error_of(waitpid(-leader, NULL, 0)));
}

static void hung_up(int signo) {
  board->order[board->hung_up + board->continued] = signo == SIGHUP ? 'h' : 'c';
  if (signo == SIGHUP) ++board->hung_up;
  if (signo == SIGCONT) ++board->continued;
}

// A stopped group that loses the last parent in its session gets SIGHUP and SIGCONT, so that it is not stopped
// forever.
static void orphan(void) {
  int alive[2];
  MUST(pipe(alive));
  const pid_t leader = fork();
  if (leader == 0) {
    setsid();
    const pid_t stopped = fork();
    if (stopped == 0) {
      setpgid(0, 0);
      sigset_t both = set_of(SIGHUP);
      sigaddset(&both, SIGCONT);
      struct sigaction action = {.sa_handler = hung_up, .sa_mask = both};
      MUST(sigaction(SIGHUP, &action, NULL));
      MUST(sigaction(SIGCONT, &action, NULL));
      raise(SIGSTOP);
      while (board->hung_up + board->continued < 2) breathe();
      _exit(0);
    }
    MUST(waitpid(stopped, NULL, WUNTRACED));
    _exit(0);
  }
  close(alive[1]);
  MUST(waitpid(leader, NULL, 0));
  char byte;
  MUST(read(alive[0], &byte, 1));
  tell("hung up %d, continued %d, in the order %s\n", board->hung_up, board->continued, (char*)board->order);
}

// In an orphaned group the terminal's stopping signals do nothing.
static void stop_orphan(void) {
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    raise(SIGTSTP);
    raise(SIGTTIN);
    raise(SIGTTOU);
    _exit(8);
  }
  int status;
  MUST(waitpid(child, &status, WUNTRACED));
  describe_status("orphan", status);
}

static void session(void) {
  const pid_t child = fork();
  if (child == 0) {
    tell("setsid: %d\n", setsid() == getpid());
    tell("group and session are its own: %d %d\n", getpgrp() == getpid(), getsid(0) == getpid());
    tell("setsid again: %s\n", error_of(setsid()));
    tell("to the parent's group: %s\n", error_of(setpgid(0, getppid())));
    _exit(0);
  }
  MUST(waitpid(child, NULL, 0));
}

static void with_board(void (*play)(void)) {
  board = shared_memory(sizeof(*board));
  play();
}

static void kill_group_scene(void) {
  with_board(kill_group);
}
static void orphan_scene(void) {
  with_board(orphan);
}

const struct Scene kScenes[] = {
    {"kill group", kill_group_scene},
    {"orphan", orphan_scene},
    {"stop orphan", stop_orphan},
    {"session", session},
    {NULL, NULL},
};
