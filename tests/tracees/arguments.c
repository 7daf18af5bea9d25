// SPDX-License-Identifier: Apache-2.0
// Without an argument: makes calls whose arguments are known, some of them with something in the upper half of
// their registers, which the kernel ignores where it takes an int. Most of the calls fail, and nothing depends on
// them. With an argument: makes as many ioctls, each with another request.
#include "nolibc.h"

#define HIGH 0xdeadbeef00000000UL
#define X32 0x40000000

#define SYS_mmap 9
#define SYS_mprotect 10
#define SYS_ioctl 16
#define SYS_madvise 28
#define SYS_socket 41
#define SYS_socketpair 53
#define SYS_fcntl 72
#define SYS_ptrace 101
#define SYS_personality 135
#define SYS_prctl 157
#define SYS_arch_prctl 158
#define SYS_keyctl 250
#define SYS_unshare 272
#define SYS_setns 308
#define SYS_seccomp 317
#define SYS_bpf 321
#define SYS_pkey_mprotect 329

#define SYS_i386_ioctl 54
#define SYS_i386_mmap 90
#define SYS_i386_socketcall 102
#define SYS_i386_ipc 117
#define SYS_i386_clone 120
#define SYS_i386_mmap2 192

static void i386_call(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"(a), "c"(b), "d"(c), "S"(0L), "D"(-1L)
                   : "r8", "r9", "r10", "r11", "memory");
}

static void sockets(void) {
  call3(SYS_socket, 1, 0x80001, 0);
  call3(SYS_socket, HIGH | 1, HIGH | 0x80001, HIGH);
  call3(SYS_socket, 10, 2, -1);
  call3(SYS_socket, 10, 2, 0xffffffffUL);
  call4(SYS_socketpair, 1, 2, 3, 0);
  call3(X32 + SYS_socket, 16, 3, 4);
}

static void files(void) {
  call3(SYS_ioctl, -1, 0x5401, 0);
  call3(SYS_ioctl, -1, HIGH | 0x5401, 0);
  call3(SYS_ioctl, -1, 0x80045430UL, 0);
  call3(SYS_ioctl, -1, 0xffffffff80045430UL, 0);
  call3(SYS_fcntl, -1, 1, 0);
}

static void memory(void) {
  call6(SYS_mmap, 0, 4096, 1, 0x22, -1, 0);
  call6(SYS_mmap, 0, 4096, 7, 0x22, -1, 0);
  call3(SYS_mprotect, 0, 0, 3);
  call4(SYS_pkey_mprotect, 0, 0, 5, -1);
  call3(SYS_madvise, 0, 0, 4);
}

// CLONE_THREAD alone is refused, so that nothing is born. clone3 has its flags in memory, all 64 bits of them.
static void births(void) {
  static unsigned long clone_args[8] = {0x200010000UL};
  call3(SYS_clone, 0x10000, 0, 0);
  call3(SYS_clone, HIGH | 0x10000, 0, 0);
  call3(SYS_clone3, clone_args, sizeof(clone_args), 0);
  call3(SYS_clone3, 0, sizeof(clone_args), 0);
  i386_call(SYS_clone3, HIGH | (long)clone_args, sizeof(clone_args), 0);
}

static void processes(void) {
  long place;
  call1(SYS_unshare, 0);
  call3(SYS_setns, -1, 0x40000000, 0);
  call3(SYS_setns, -1, HIGH | 0x40000000, 0);
  call1(SYS_personality, 0xffffffffUL);
  call1(SYS_personality, -1);
  call1(SYS_prctl, 3);
  call3(SYS_arch_prctl, 0x1003, &place, 0);
  call3(SYS_keyctl, 9999, 0, 0);
  call3(SYS_bpf, 9999, 0, 0);
  call4(SYS_ptrace, 2, 0, 0, 0);
  call3(SYS_seccomp, 2, 0, 0);
}

static void i386_calls(void) {
  i386_call(SYS_i386_socketcall, 1, 0, 0);
  i386_call(SYS_i386_socketcall, HIGH | 3, 0, 0);
  i386_call(SYS_i386_ipc, 0x0001000b, -1, 0);
  i386_call(SYS_i386_ipc, 0x0000000b, -1, 0);
  i386_call(SYS_i386_clone, HIGH | 0x10000, 0, 0);
  i386_call(SYS_i386_mmap, 0, 0, 7);
  i386_call(SYS_i386_mmap2, 0, 4096, HIGH | 3);
  i386_call(SYS_i386_ioctl, -1, 0x5401, 0);
}

static int number_in(const char* text) {
  int number = 0;
  while (*text != 0) number = number * 10 + (*text++ - '0');
  return number;
}

void run(long argc, char** argv) {
  if (argc > 1) {
    for (int request = number_in(argv[1]); request > 0; --request) call3(SYS_ioctl, -1, request, 0);
    end_process(0);
  }
  sockets();
  files();
  memory();
  births();
  processes();
  i386_calls();
  end_process(0);
}
