// SPDX-License-Identifier: Apache-2.0
// init_faults HOW [thread]: does what is a fault, in the first thread or in another.
//
//   segv, ill, fpe, trap   the signal of that name
//   sys                    makes a call that a filter of its own traps
//   handled                segv, with a handler that ends the process with 3
//   sent                   only sends itself SIGSEGV
//   two                    segv, by two threads at once
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile int* volatile nowhere = (volatile int*)8;
static volatile int zero, quotient;

static void handle(int signo) {
  (void)signo;
  _exit(3);
}

static void trap_getppid(void) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {4, filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
  syscall(SYS_getppid);
}

static void* fault(void* how) {
  if (strcmp(how, "sent") == 0) return kill(getpid(), SIGSEGV), NULL;
  if (strcmp(how, "handled") == 0) signal(SIGSEGV, handle);
  if (strcmp(how, "ill") == 0) __builtin_trap();
  if (strcmp(how, "fpe") == 0) quotient = 7 / zero;
  if (strcmp(how, "trap") == 0) __asm__ volatile("int3");
  if (strcmp(how, "sys") == 0) return trap_getppid(), NULL;
  if (strcmp(how, "trap") != 0) *nowhere = 1;
  return NULL;
}

int main(int argc, char** argv) {
  pthread_t other;
  const int beside = argc > 2 || strcmp(argv[1], "two") == 0;
  if (beside) pthread_create(&other, NULL, fault, argv[1]);
  if (argc == 2) fault(argv[1]);
  if (beside) pthread_join(other, NULL);
  return 0;
}
