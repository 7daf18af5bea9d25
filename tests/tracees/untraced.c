// SPDX-License-Identifier: Apache-2.0
// Creates two children of which no tracer shall be told, with CLONE_UNTRACED: one by clone, which makes 2 getuid,
// and one by clone3, with its flags in memory that cannot be written to, which makes 3 getgid. Exits with 0 when it
// then finds its flags as it set them.
#include "nolibc.h"

#define CLONE_UNTRACED 0x00800000
#define SIGCHLD 17

struct clone_args {
  unsigned long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

static const struct clone_args arguments = {.flags = CLONE_UNTRACED, .exit_signal = SIGCHLD};

static void await(long child) {
  call4(SYS_wait4, child, 0, 0, 0);
}

// The flags that it leaves in the register they were passed in.
static long clone_untraced(void) {
  long child;
  long flags = CLONE_UNTRACED | SIGCHLD;
  register long tid_place __asm__("r10") = 0;
  register long tls __asm__("r8") = 0;
  __asm__ volatile("syscall"
                   : "=a"(child), "+D"(flags)
                   : "a"(SYS_clone), "S"(0L), "d"(0L), "r"(tid_place), "r"(tls)
                   : "rcx", "r11", "memory");
  if (child == 0) {
    repeat(SYS_getuid, 2);
    end_process(0);
  }
  await(child);
  return flags;
}

void run(long argc, char** argv) {
  (void)argc;
  (void)argv;
  const long left_in_register = clone_untraced();
  const long child = call3(SYS_clone3, &arguments, sizeof(arguments), 0);
  if (child == 0) {
    repeat(SYS_getgid, 3);
    end_process(0);
  }
  await(child);
  const long left_in_memory = *(volatile const long*)&arguments.flags;
  end_process(left_in_register == (CLONE_UNTRACED | SIGCHLD) && left_in_memory == CLONE_UNTRACED ? 0 : 1);
}
