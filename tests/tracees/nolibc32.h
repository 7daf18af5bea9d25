// SPDX-License-Identifier: Apache-2.0
// What a 32-bit x86 program needs to make exactly the system calls it says, and no other; as nolibc.h.
#pragma once

#define NR_exit_group 252
#define NR_execve 11
#define NR_getpid 20
#define NR_socketcall 102
#define NR_ipc 117
#define NR_getuid32 199

__attribute__((unused)) static long call3(long number, long first, long second, long third) {
  long result;
  // ipc has a fourth argument, which must not be chance.
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"(first), "c"(second), "d"(third), "S"(0L)
                   : "memory");
  return result;
}

__attribute__((noreturn)) static void end_process(int code) {
  call3(NR_exit_group, code, 0, 0);
  for (;;) {
  }
}

// The program's entry: the stack holds argc, then argv, then the environment and the auxiliary vector.
__attribute__((noreturn)) void run(long argc, char** argv);

__asm__(
    ".globl _start\n"
    "_start:\n"
    "  xor %ebp, %ebp\n"
    "  mov (%esp), %eax\n"
    "  lea 4(%esp), %edx\n"
    "  and $-16, %esp\n"
    "  sub $8, %esp\n"
    "  push %edx\n"
    "  push %eax\n"
    "  call run\n");
