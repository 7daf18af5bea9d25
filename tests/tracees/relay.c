// SPDX-License-Identifier: Apache-2.0
// Makes 2 getpid and executes its arguments; without any, ends with exit_group. Built as a 64-bit program (relay)
// and as a 32-bit one (relay32), so that a process can change its ABI back and forth.
#if defined(__i386__)
#include "nolibc32.h"
#else
#include "nolibc.h"
#define NR_getpid SYS_getpid
#define NR_execve SYS_execve
#endif

void run(long argc, char** argv) {
  static char* no_environment[] = {0};
  for (int i = 0; i < 2; ++i) call3(NR_getpid, 0, 0, 0);
  if (argc > 1) call3(NR_execve, (long)argv[1], (long)(argv + 1), (long)no_environment);
  end_process(argc > 1);
}
