// SPDX-License-Identifier: Apache-2.0
// Creates a child by clone3 with CLONE_UNTRACED, which no tracer is told of, and waits for it.
#include "nolibc.h"

#define CLONE_UNTRACED 0x00800000
#define SIGCHLD 17

struct clone_args {
  unsigned long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

void run(long argc, char** argv) {
  (void)argc;
  (void)argv;
  struct clone_args arguments = {.flags = CLONE_UNTRACED, .exit_signal = SIGCHLD};
  const long child = call3(SYS_clone3, &arguments, sizeof(arguments), 0);
  if (child == 0) {
    // Under a filter and without a tracer not even exit is served; a fault always ends a process.
    call1(SYS_exit_group, 0);
    __builtin_trap();
  }
  call4(SYS_wait4, child, 0, 0, 0);
  end_process(0);
}
