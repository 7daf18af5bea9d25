// SPDX-License-Identifier: Apache-2.0
// What a program needs to make exactly the system calls it says, and no other: no libc starts it, none ends it.
// x86_64 only, as the machines that run the live tests are.
#pragma once

#define SYS_write 1
#define SYS_getpid 39
#define SYS_clone 56
#define SYS_fork 57
#define SYS_vfork 58
#define SYS_execve 59
#define SYS_exit 60
#define SYS_wait4 61
#define SYS_getuid 102
#define SYS_getgid 104
#define SYS_geteuid 107
#define SYS_getegid 108
#define SYS_getppid 110
#define SYS_gettid 186
#define SYS_futex 202
#define SYS_exit_group 231
#define SYS_clone3 435

static long call6(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

#define call0(n) call6(n, 0, 0, 0, 0, 0, 0)
#define call1(n, a) call6(n, (long)(a), 0, 0, 0, 0, 0)
#define call3(n, a, b, c) call6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define call4(n, a, b, c, d) call6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

__attribute__((noreturn)) static void end_process(int code) {
  call1(SYS_exit_group, code);
  for (;;) {
  }
}

__attribute__((unused)) static void repeat(long number, int times) {
  for (int i = 0; i < times; ++i) call0(number);
}

// The program's entry: `stack` holds argc, then argv.
__attribute__((noreturn)) void run(long argc, char** argv);

__asm__(
    ".globl _start\n"
    "_start:\n"
    "  xor %ebp, %ebp\n"
    "  mov (%rsp), %rdi\n"
    "  lea 8(%rsp), %rsi\n"
    "  and $-16, %rsp\n"
    "  call run\n");
