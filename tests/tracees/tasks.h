// SPDX-License-Identifier: Apache-2.0
// Making and awaiting tasks of every kind without a libc, each with a known number of calls.
#pragma once

#include "nolibc.h"

#define SYS_read 0
#define SYS_close 3
#define SYS_sched_yield 24
#define SYS_kill 62
#define SYS_getpgrp 111
#define SYS_prctl 157
#define SYS_set_tid_address 218
#define SYS_pipe2 293

#define CLONE_VM 0x100
#define CLONE_FS 0x200
#define CLONE_FILES 0x400
#define CLONE_SIGHAND 0x800
#define CLONE_VFORK 0x4000
#define CLONE_PARENT 0x8000
#define CLONE_THREAD 0x10000
#define CLONE_CHILD_CLEARTID 0x200000
#define THREAD (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
#define SIGKILL 9
#define SIGCHLD 17
#define WALL 0x40000000
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_REQUEUE 3
#define PR_SET_PDEATHSIG 1

typedef struct {
  char bytes[4096];
} __attribute__((aligned(16))) Stack;

// Creates a task by clone(`flags`); it calls `body` on `stack` and exits with 0, that thread alone. `tid` is what
// CLONE_CHILD_CLEARTID clears at its end.
__attribute__((unused)) static long start(unsigned long flags, Stack* stack, void (*body)(void),
                                          volatile int* tid) {
  register volatile int* tid_place __asm__("r10") = tid;
  register long tls __asm__("r8") = 0;
  long result;
  __asm__ volatile(
      "syscall\n"
      "test %%rax, %%rax\n"
      "jnz 1f\n"
      "xor %%ebp, %%ebp\n"
      "call *%%rbx\n"
      "mov $60, %%eax\n"
      "xor %%edi, %%edi\n"
      "syscall\n"
      "1:\n"
      : "=a"(result)
      : "a"(SYS_clone), "D"(flags), "S"(stack + 1), "d"(0L), "r"(tid_place), "r"(tls), "b"(body)
      : "rcx", "r11", "memory");
  return result;
}

// A thread that `join` can wait for.
typedef struct {
  volatile int alive;
  Stack stack;
} Thread;

__attribute__((unused)) static void start_thread(Thread* thread, void (*body)(void)) {
  thread->alive = 1;
  start(THREAD | CLONE_CHILD_CLEARTID, &thread->stack, body, &thread->alive);
}

// Waits for the end of a thread with exactly one futex call: it returns at once when the thread is gone already.
__attribute__((unused)) static void join(Thread* thread) {
  call4(SYS_futex, &thread->alive, 0, 1, 0);
}

// Waits for the end of one child, of whichever exit signal.
__attribute__((unused)) static int reap(long child) {
  int status = 0;
  call4(SYS_wait4, child, &status, WALL, 0);
  return status;
}

__attribute__((unused)) static long parse(const char* digits) {
  long value = 0;
  for (; *digits >= '0' && *digits <= '9'; ++digits) value = value * 10 + (*digits - '0');
  return value;
}

__attribute__((unused)) static int is(const char* word, const char* other) {
  while (*word != 0 && *word == *other) ++word, ++other;
  return *word == *other;
}

// Comes back when `count` tasks wait in a futex at `word`: only those can be moved to another one. How many futex
// and sched_yield calls it makes is chance.
__attribute__((unused)) static void await_waiters(volatile int* word, int count) {
  static volatile int elsewhere;
  while (count > 0) {
    if (call6(SYS_futex, (long)word, FUTEX_REQUEUE, 0, 1, (long)&elsewhere, 0) == 1) {
      --count;
    } else {
      call0(SYS_sched_yield);
    }
  }
}
