// SPDX-License-Identifier: Apache-2.0
// Is born in every way: one child each by fork, vfork, clone (a thread), clone3 (a process) and clone3 (a thread).
// Each child makes its own number of one tell-tale call:
//
//   fork 1 getuid, vfork 2 getgid, clone thread 3 geteuid, clone3 process 4 getegid, clone3 thread 5 getppid
#include "nolibc.h"

#define CLONE_VM 0x100
#define CLONE_FS 0x200
#define CLONE_FILES 0x400
#define CLONE_SIGHAND 0x800
#define CLONE_THREAD 0x10000
#define CLONE_CHILD_CLEARTID 0x200000
#define SIGCHLD 17
#define FUTEX_WAIT 0
#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_CHILD_CLEARTID)

struct clone_args {
  unsigned long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

static char stacks[2][16384] __attribute__((aligned(16)));
static volatile int alive[2] = {1, 1};

static void await(int index) {
  while (alive[index]) call4(SYS_futex, &alive[index], FUTEX_WAIT, 1, 0);
}

static void reap(long child) {
  call4(SYS_wait4, child, 0, 0, 0);
}

// clone and clone3 return twice; the new thread has an empty stack, so it must not return through ours.
#define THREAD_BODY(number, times) \
  "mov $" times                    \
  ", %%r12d\n"                     \
  "1: mov $" number                \
  ", %%eax\n"                      \
  "syscall\n"                      \
  "dec %%r12d\n"                   \
  "jnz 1b\n"                       \
  "mov $60, %%eax\n"               \
  "xor %%edi, %%edi\n"             \
  "syscall\n"

static void thread_by_clone(void) {
  register long tid_place __asm__("r10") = (long)&alive[0];
  register long tls __asm__("r8") = 0;
  long result;
  __asm__ volatile(
      "syscall\n"
      "test %%eax, %%eax\n"
      "jnz 2f\n" THREAD_BODY("107", "3") "2:\n"
      : "=a"(result)
      : "a"(SYS_clone), "D"((long)THREAD_FLAGS), "S"(stacks[0] + sizeof(stacks[0])), "d"(0L), "r"(tid_place),
        "r"(tls)
      : "rcx", "r11", "r12", "memory");
  await(0);
}

static void thread_by_clone3(void) {
  struct clone_args arguments = {.flags = THREAD_FLAGS,
                                 .child_tid = (unsigned long)&alive[1],
                                 .stack = (unsigned long)stacks[1],
                                 .stack_size = sizeof(stacks[1])};
  long result;
  __asm__ volatile(
      "syscall\n"
      "test %%eax, %%eax\n"
      "jnz 2f\n" THREAD_BODY("110", "5") "2:\n"
      : "=a"(result)
      : "a"(SYS_clone3), "D"(&arguments), "S"(sizeof(arguments))
      : "rcx", "r11", "r12", "memory");
  await(1);
}

// After vfork the child runs on our stack; only registers are safe, so it all happens in here.
static long child_by_vfork(void) {
  long result;
  __asm__ volatile(
      "syscall\n"
      "test %%eax, %%eax\n"
      "jnz 2f\n"
      "mov $2, %%r12d\n"
      "1: mov $104, %%eax\n"
      "syscall\n"
      "dec %%r12d\n"
      "jnz 1b\n"
      "mov $231, %%eax\n"
      "xor %%edi, %%edi\n"
      "syscall\n"
      "2:\n"
      : "=a"(result)
      : "a"(SYS_vfork)
      : "rcx", "r11", "r12", "rdi", "memory");
  return result;
}

void run(long argc, char** argv) {
  (void)argc;
  (void)argv;
  long child = call0(SYS_fork);
  if (child == 0) {
    repeat(SYS_getuid, 1);
    end_process(0);
  }
  reap(child);
  reap(child_by_vfork());
  thread_by_clone();
  struct clone_args arguments = {.exit_signal = SIGCHLD};
  child = call3(SYS_clone3, &arguments, sizeof(arguments), 0);
  if (child == 0) {
    repeat(SYS_getegid, 4);
    end_process(0);
  }
  reap(child);
  thread_by_clone3();
  end_process(0);
}
