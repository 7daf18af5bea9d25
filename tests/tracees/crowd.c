// SPDX-License-Identifier: Apache-2.0
// crowd children N: N children, one after the other, born by vfork; each only ends.
// crowd threads N: N threads at once, at most 1000, each waiting in a read.
// crowd calls N: N threads make one getppid after the other until an older one has made 300 getuid.
// crowd bomb UID N: as that user, who may have N processes, tries to have N children, and so does every child.
//   Whoever was born makes 1 getuid, whoever could not have a child 1 getgid. Exits with 1 when everybody could.
#include "tasks.h"

#define SYS_setrlimit 160
#define SYS_setresuid 117
#define RLIMIT_NPROC 6
#define EAGAIN 11
#define MOST 1000

static Thread threads[MOST];
static const char bytes[MOST];
static int ends[2];

static void end(void) {}

static void children(long count) {
  for (long i = 0; i < count; ++i) reap(start(CLONE_VM | CLONE_VFORK | SIGCHLD, &threads[0].stack, end, 0));
  end_process(0);
}

static void read_one(void) {
  char nothing;
  call3(SYS_read, ends[0], &nothing, 1);
}

static void crowd(long count) {
  if (count > MOST) end_process(1);
  call3(SYS_pipe2, ends, 0, 0);
  for (long i = 0; i < count; ++i) start_thread(&threads[i], read_one);
  call3(SYS_write, ends[1], bytes, count);
  for (long i = 0; i < count; ++i) join(&threads[i]);
  end_process(0);
}

static volatile int is_over;

static void call_until_over(void) {
  while (!is_over) call0(SYS_getppid);
}

static void call_and_end_it(void) {
  repeat(SYS_getuid, 300);
  is_over = 1;
}

static void calls(long count) {
  if (count >= MOST) end_process(1);
  start_thread(&threads[count], call_and_end_it);
  for (long i = 0; i < count; ++i) start_thread(&threads[i], call_until_over);
  for (long i = 0; i <= count; ++i) join(&threads[i]);
  end_process(0);
}

static void bomb(long user, long most) {
  const long limit[2] = {most, most};
  call3(SYS_setrlimit, RLIMIT_NPROC, limit, 0);
  if (call3(SYS_setresuid, user, user, user) != 0) end_process(2);
  long children = 0, refused = 0;
  for (long i = 0; i < most; ++i) {
    const long child = call1(SYS_clone, 0);  // a SIGCHLD would make others try again
    if (child == 0) {
      children = refused = 0;
      call0(SYS_getuid);
    } else if (child == -EAGAIN) {
      ++refused;
      call0(SYS_getgid);
    } else {
      ++children;
    }
  }
  int somebody_was = refused != 0;
  for (; children > 0; --children) somebody_was |= reap(-1) == 0;
  end_process(somebody_was ? 0 : 1);
}

void run(long argc, char** argv) {
  if (argc == 3 && is(argv[1], "children")) children(parse(argv[2]));
  if (argc == 3 && is(argv[1], "threads")) crowd(parse(argv[2]));
  if (argc == 3 && is(argv[1], "calls")) calls(parse(argv[2]));
  if (argc == 4 && is(argv[1], "bomb")) bomb(parse(argv[2]), parse(argv[3]));
  end_process(3);
}
