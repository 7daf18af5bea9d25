// SPDX-License-Identifier: Apache-2.0
// Makes 3 getpid, 5 getuid, 1 write and 1 exit_group; exits with 7.
#include "nolibc.h"

void run(long argc, char** argv) {
  (void)argc;
  (void)argv;
  repeat(SYS_getpid, 3);
  repeat(SYS_getuid, 5);
  call3(SYS_write, 1, "exact\n", 6);
  end_process(7);
}
