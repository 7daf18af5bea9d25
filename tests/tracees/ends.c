// SPDX-License-Identifier: Apache-2.0
// ends HOW: tasks that end in some way, in which only the numbers of futex and sched_yield calls are chance.
//
//   daemon     a grandchild in a session of its own makes 5 getuid when the command and its child have ended
//   subreaper  the command gets its grandchild for a child, which makes 5 getuid, and awaits both
//   orphan     a grandchild dies by PR_SET_PDEATHSIG with its parent
//   namespace  a pid namespace's init ends with 7, which kills its 3 children; so ends the command
//   nobody     the command kills the parent of a pid namespace's init, which dies with it, and so its 3 children
//   stopped    a child stops itself and is killed then
//   vfork      a vfork child is killed, and its parent goes on with 3 getuid
//   threads    a process of 101 waiting threads is killed
//   last       the leader ends with 5, then the other thread with 0
//   group      the leader ends with 5, then the other thread ends the group with 9
//   swarm N    N times a process ends while four of its threads create threads, each time later
#include "swarm.h"

#define SYS_setsid 112
#define CLONE_NEWPID 0x20000000
#define PR_SET_CHILD_SUBREAPER 36
#define SIGSTOP 19
#define WUNTRACED 2
#define MANY 100

static Stack first_stack, second_stack, waiting_stacks[3];
static Thread threads[MANY];
static volatile int never, leader_alive = 1;
static volatile long number;
static int ends[2];
static long spin;

static void wait_for_ever(void) {
  call4(SYS_futex, &never, 0, 0, 0);
}

static void tell(void) {
  repeat(SYS_getuid, 5);
}

static void outlive(void) {
  char nothing;
  call1(SYS_close, ends[1]);
  call3(SYS_read, ends[0], &nothing, 1);
  tell();
}

static void lead_session(void) {
  call0(SYS_setsid);
  start(0, &second_stack, outlive, 0);
}

static void be_daemon(void) {
  call3(SYS_pipe2, ends, 0, 0);
  reap(start(0, &first_stack, lead_session, 0));
  end_process(0);
}

static void orphan_teller(void) {
  start(0, &second_stack, tell, 0);
}

static void subreaper(void) {
  call3(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1, 0);
  start(0, &first_stack, orphan_teller, 0);
  reap(-1);
  end_process(reap(-1));
}

static void die_with_parent(void) {
  call3(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0);
  wait_for_ever();
}

static void leave_orphan(void) {
  start(CLONE_VM, &second_stack, die_with_parent, 0);
  await_waiters(&never, 1);
}

static void orphan(void) {
  end_process(reap(start(0, &first_stack, leave_orphan, 0)));
}

static void start_waiting(void) {
  for (int i = 0; i < 3; ++i) start(CLONE_VM, &waiting_stacks[i], wait_for_ever, 0);
}

static void end_namespace(void) {
  start_waiting();
  await_waiters(&never, 3);
  end_process(7);
}

static void namespace(void) {
  end_process(reap(start(CLONE_NEWPID, &first_stack, end_namespace, 0)) >> 8);
}

static void be_doomed_init(void) {
  call3(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0);
  start_waiting();
  wait_for_ever();
}

static void bear_init(void) {
  start(CLONE_NEWPID | CLONE_VM, &second_stack, be_doomed_init, 0);
  wait_for_ever();
}

static void nobody(void) {
  const long parent = start(CLONE_VM, &first_stack, bear_init, 0);
  await_waiters(&never, 5);
  call3(SYS_kill, parent, SIGKILL, 0);
  end_process(reap(parent) == SIGKILL ? 0 : 1);
}

static void stop(void) {
  call3(SYS_kill, call0(SYS_getpid), SIGSTOP, 0);
}

static void stopped(void) {
  const long child = start(0, &first_stack, stop, 0);
  call4(SYS_wait4, child, 0, WUNTRACED | WALL, 0);
  call3(SYS_kill, child, SIGKILL, 0);
  end_process(reap(child) == SIGKILL ? 0 : 1);
}

static void be_killed(void) {
  number = call0(SYS_getpid);
  wait_for_ever();
}

static void bear_by_vfork(void) {
  reap(start(CLONE_VM | CLONE_VFORK, &second_stack, be_killed, 0));
  repeat(SYS_getuid, 3);
}

static void vfork_child(void) {
  const long parent = start(CLONE_VM, &first_stack, bear_by_vfork, 0);
  await_waiters(&never, 1);
  call3(SYS_kill, number, SIGKILL, 0);
  end_process(reap(parent));
}

static void be_many(void) {
  for (int i = 0; i < MANY; ++i) start_thread(&threads[i], wait_for_ever);
  wait_for_ever();
}

static void many(void) {
  const long child = start(CLONE_VM, &first_stack, be_many, 0);
  await_waiters(&never, MANY + 1);
  call3(SYS_kill, child, SIGKILL, 0);
  end_process(reap(child) == SIGKILL ? 0 : 1);
}

static void outlive_leader(void) {
  call4(SYS_futex, &leader_alive, 0, 1, 0);
}

static void outlive_leader_and_end_all(void) {
  outlive_leader();
  end_process(9);
}

static void lead(void (*other)(void)) {
  call1(SYS_set_tid_address, &leader_alive);
  start_thread(&threads[0], other);
  call1(SYS_exit, 5);
}

static void swarm_and_end(void) {
  start_swarm();
  for (volatile long i = 0; i < spin; ++i) continue;
  end_process(0);
}

static void swarm(long times) {
  for (; times > 0; --times, spin += 5000) reap(start(0, &first_stack, swarm_and_end, 0));
  end_process(0);
}

void run(long argc, char** argv) {
  const char* const how = argc > 1 ? argv[1] : "";
  if (is(how, "daemon")) be_daemon();
  if (is(how, "subreaper")) subreaper();
  if (is(how, "orphan")) orphan();
  if (is(how, "namespace")) namespace();
  if (is(how, "nobody")) nobody();
  if (is(how, "stopped")) stopped();
  if (is(how, "vfork")) vfork_child();
  if (is(how, "threads")) many();
  if (is(how, "last")) lead(outlive_leader);
  if (is(how, "group")) lead(outlive_leader_and_end_all);
  if (is(how, "swarm")) swarm(parse(argv[2]));
  end_process(1);
}
