// SPDX-License-Identifier: Apache-2.0
// parentage sibling: a child's child becomes the child's sibling (CLONE_PARENT) and makes 3 getuid.
// parentage tracers: the command's own sibling, a child of whoever started the command, makes 3 getuid; so does one
//   that outlives the command.
// parentage threads: a thread creates a thread that creates one more, which has two children, one
//   by vfork. Each thread makes 1 getuid, the children 2 getgid and 3 getpgrp.
#include "tasks.h"

static Stack child_stack, sibling_stack;
static Thread first, second, third;
static volatile int gone;
static int ends[2];

static void tell(void) {
  repeat(SYS_getuid, 3);
}

static void bear_sibling(void) {
  start(CLONE_PARENT, &sibling_stack, tell, 0);
}

static void sibling(void) {
  const int status = reap(start(0, &child_stack, bear_sibling, 0));
  end_process(status == 0 ? reap(-1) : 1);
}

// Waits until the command is gone, which held the last writing end.
static void outlive(void) {
  char nothing;
  call1(SYS_close, ends[1]);
  call3(SYS_read, ends[0], &nothing, 1);
  tell();
}

static void tracers(void) {
  call3(SYS_pipe2, ends, 0, 0);
  gone = 1;
  start(CLONE_PARENT | CLONE_VM | CLONE_CHILD_CLEARTID, &sibling_stack, tell, &gone);
  call4(SYS_futex, &gone, 0, 1, 0);
  start(CLONE_PARENT, &child_stack, outlive, 0);
  end_process(0);
}

static void tell_by_getgid(void) {
  repeat(SYS_getgid, 2);
}

static void tell_by_getpgrp(void) {
  repeat(SYS_getpgrp, 3);
}

static void end_of_the_line(void) {
  repeat(SYS_getuid, 1);
  // Without SIGCHLD, which would make a thread that waits in a futex call that again.
  reap(start(0, &child_stack, tell_by_getgid, 0));
  reap(start(CLONE_VM | CLONE_VFORK, &sibling_stack, tell_by_getpgrp, 0));
}

static void be_second(void) {
  repeat(SYS_getuid, 1);
  start_thread(&third, end_of_the_line);
  join(&third);
}

static void be_first(void) {
  repeat(SYS_getuid, 1);
  start_thread(&second, be_second);
  join(&second);
}

static void threads(void) {
  start_thread(&first, be_first);
  join(&first);
  end_process(0);
}

void run(long argc, char** argv) {
  if (argc == 2 && is(argv[1], "sibling")) sibling();
  if (argc == 2 && is(argv[1], "tracers")) tracers();
  if (argc == 2 && is(argv[1], "threads")) threads();
  end_process(1);
}
