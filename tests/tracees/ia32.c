// SPDX-License-Identifier: Apache-2.0
// A 32-bit program. Makes calls in every way that there is:
//
//   2 getpid by int 0x80, 3 getuid32 through the vdso (sysenter or syscall, whichever the processor has),
//   2 getppid of x86_64 in 64-bit code, 3 socketcall, 2 ipc; 1 exit_group
#include "nolibc32.h"

#define AT_SYSINFO 32
#define SYS_SOCKET 1
#define SYS_SOCKETPAIR 8
#define SHMGET 23

static long (*vdso_call)(void);

static unsigned long auxiliary(char** argv, unsigned long wanted) {
  unsigned long* word = (unsigned long*)argv;
  for (int ends = 0; ends < 2; ++word) ends += *word == 0;  // behind argv and the environment
  while (word[0] != 0 && word[0] != wanted) word += 2;
  return word[1];
}

static void by_vdso(long number) {
  __asm__ volatile("call *%1" : "+a"(number) : "m"(vdso_call) : "memory");
}

// A far call to the kernel's 64-bit code segment; the kernel tells by the instruction which ABI a call is of.
static void by_64_bit_code(void) {
  long number = 110;  // getppid of x86_64
  __asm__ volatile(
      "lcall $0x33, $1f\n"
      "jmp 2f\n"
      ".code64\n"
      "1: syscall\n"
      "lretl\n"
      ".code32\n"
      "2:\n"
      : "+a"(number)
      :
      : "ecx", "memory");
}

static void by_multiplexers(void) {
  static int pair[2];
  static long socket[] = {1, 1, 0};  // a stream between processes
  static long socketpair[] = {1, 1, 0, (long)pair};
  call3(NR_socketcall, SYS_SOCKET, (long)socket, 0);
  call3(NR_socketcall, SYS_SOCKET, (long)socket, 0);
  call3(NR_socketcall, SYS_SOCKETPAIR, (long)socketpair, 0);
  call3(NR_ipc, SHMGET, 12345, 0);  // finds no such segment, and makes none
  call3(NR_ipc, SHMGET, 12345, 0);
}

void run(long argc, char** argv) {
  (void)argc;
  vdso_call = (long (*)(void))auxiliary(argv, AT_SYSINFO);
  for (int i = 0; i < 2; ++i) call3(NR_getpid, 0, 0, 0);
  for (int i = 0; i < 3; ++i) by_vdso(NR_getuid32);
  for (int i = 0; i < 2; ++i) by_64_bit_code();
  by_multiplexers();
  end_process(0);
}
