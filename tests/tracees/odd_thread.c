// SPDX-License-Identifier: Apache-2.0
// Creates a thread by clone with an exit signal, which the kernel announces as if it were a process; it waits. Then
// a seccomp filter for all threads (SECCOMP_FILTER_FLAG_TSYNC) refuses getppid with EACCES, and the thread calls it
// 3 times.
#include "tasks.h"

#define SYS_seccomp 317
#define EACCES 13
#define PR_SET_NO_NEW_PRIVS 38
#define SECCOMP_SET_MODE_FILTER 1
#define SECCOMP_FILTER_FLAG_TSYNC 1
#define SECCOMP_RET_ERRNO 0x00050000
#define SECCOMP_RET_ALLOW 0x7fff0000

struct instruction {
  unsigned short code;
  unsigned char if_true, if_false;
  unsigned operand;
};

static struct instruction filter[] = {{0x20, 0, 0, 0},            // load the call's number
                                      {0x15, 0, 1, SYS_getppid},  // unless it is getppid skip one
                                      {0x06, 0, 0, SECCOMP_RET_ERRNO | EACCES},
                                      {0x06, 0, 0, SECCOMP_RET_ALLOW}};
static const struct {
  unsigned short length;
  struct instruction* instructions;
} program = {4, filter};

static Thread thread;
static int ends[2];

static void wait_and_call(void) {
  char nothing;
  call3(SYS_read, ends[0], &nothing, 1);
  repeat(SYS_getppid, 3);
}

void run(long argc, char** argv) {
  (void)argc;
  (void)argv;
  call3(SYS_pipe2, ends, 0, 0);
  thread.alive = 1;
  start(THREAD | CLONE_CHILD_CLEARTID | SIGCHLD, &thread.stack, wait_and_call, &thread.alive);
  call6(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
  if (call3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0) end_process(1);
  call3(SYS_write, ends[1], "", 1);
  join(&thread);
  end_process(0);
}
