// SPDX-License-Identifier: Apache-2.0
// Makes 3 getpid, then waits for work, then makes 2 getpid. With an argument it waits as a 32-bit program does: one
// socketcall that makes a socket, one that accepts a connection.
#include "nolibc.h"

#define SYS_poll 7
#define SYS_i386_socketcall 102

static void i386_socketcall(long operation) {
  long result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(SYS_i386_socketcall), "b"(operation), "c"(0L)
                   : "r8", "r9", "r10", "r11", "memory");
}

void run(long argc, char** argv) {
  (void)argv;
  repeat(SYS_getpid, 3);
  if (argc > 1) {
    i386_socketcall(1);
    i386_socketcall(5);
  } else {
    call3(SYS_poll, 0, 0, 0);
  }
  repeat(SYS_getpid, 2);
  end_process(0);
}
