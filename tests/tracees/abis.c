// SPDX-License-Identifier: Apache-2.0
// Makes calls of three ABIs from one 64-bit program: 1 getpid by syscall, 2 getpid (number 20) by int 0x80, and 1
// getpid with the x32 bit, which kernels without x32 answer with ENOSYS.
#include "nolibc.h"

static void i386_getpid(void) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "r8", "r9", "r10", "r11", "memory");
}

void run(long argc, char** argv) {
  (void)argc;
  (void)argv;
  call0(SYS_getpid);
  i386_getpid();
  i386_getpid();
  call0(0x40000000 + SYS_getpid);
  end_process(0);
}
