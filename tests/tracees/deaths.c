// SPDX-License-Identifier: Apache-2.0
// deaths VICTIM N DESCRIPTOR: N times one after the other creates a child of that kind, writes its number to the
// descriptor, and waits until it is killed from outside. Exits with 1 when a child died otherwise. The victims live
// for ever:
//
//   calls      makes one call after the other          waits      waits in a call
//   stops      stops itself                            executes   executes itself, again and again
//   bears      children, one after the other           vforks     the same by vfork
//   vforked    waits for its vfork child, which dies with it
//   swarms     four threads that create threads        leaderless its leader has ended, a thread makes calls
//   takes      a thread executes the program again and again, each time in the leader's place
#include "swarm.h"

#define SIGSTOP 19

static Stack victims_stack, childs_stack;
static Thread thread;
static volatile int never;
static char* arguments[3];

static void call_for_ever(void) {
  for (;;) call0(SYS_getppid);
}

static void wait_for_ever(void) {
  for (;;) call4(SYS_futex, &never, 0, 0, 0);
}

static void stop_for_ever(void) {
  for (;;) call3(SYS_kill, call0(SYS_getpid), SIGSTOP, 0);
}

static void execute_for_ever(void) {
  call3(SYS_execve, "/proc/thread-self/exe", arguments, 0);
  end_process(1);
}

static void bear_for_ever(void) {
  for (;;) reap(start(SIGCHLD, &childs_stack, end_at_once, 0));
}

static void vfork_for_ever(void) {
  for (;;) reap(start(CLONE_VM | CLONE_VFORK | SIGCHLD, &childs_stack, end_at_once, 0));
}

// Who has lost its parent before it could ask to die with it has another one by then.
static long victim;
static void die_with_victim(void) {
  call3(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0);
  if (call0(SYS_getppid) == victim) wait_for_ever();
}

static void be_vforked(void) {
  victim = call0(SYS_getpid);
  start(CLONE_VM | CLONE_VFORK | SIGCHLD, &childs_stack, die_with_victim, 0);
}

static void swarm_for_ever(void) {
  start_swarm();
  wait_for_ever();
}

static void lose_leader(void) {
  start_thread(&thread, call_for_ever);
}

static volatile int announced;
static void take_when_announced(void) {
  call4(SYS_futex, &announced, FUTEX_WAIT, 0, 0);
  execute_for_ever();
}

static void take_for_ever(void) {
  start_thread(&thread, take_when_announced);
  announced = 1;
  call4(SYS_futex, &announced, FUTEX_WAKE, 1, 0);
  wait_for_ever();
}

static const struct {
  const char* name;
  void (*life)(void);
} kinds[] = {{"calls", call_for_ever},       {"waits", wait_for_ever},   {"stops", stop_for_ever},
             {"executes", execute_for_ever}, {"bears", bear_for_ever},   {"vforks", vfork_for_ever},
             {"vforked", be_vforked},        {"swarms", swarm_for_ever}, {"leaderless", lose_leader},
             {"takes", take_for_ever}};

static void await_deaths(void (*life)(void), long count, long descriptor) {
  for (; count > 0; --count) {
    const int child = (int)start(SIGCHLD, &victims_stack, life, 0);
    call3(SYS_write, descriptor, &child, sizeof(child));
    if (reap(child) != SIGKILL) end_process(1);
  }
  end_process(0);
}

void run(long argc, char** argv) {
  arguments[0] = "deaths";
  arguments[1] = argv[1];
  for (unsigned i = 0; argc >= 2 && i < sizeof(kinds) / sizeof(kinds[0]); ++i) {
    if (!is(argv[1], kinds[i].name)) continue;
    if (argc == 2) kinds[i].life();
    if (argc == 4) await_deaths(kinds[i].life, parse(argv[2]), parse(argv[3]));
  }
  end_process(2);
}
