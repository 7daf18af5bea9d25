// SPDX-License-Identifier: Apache-2.0
// Makes 1 getsid, whose stack is
//
//   odd_stack jit      that of main, which called code made at run time
//   odd_stack garbage  where no memory is: both stack registers point to nowhere
//   odd_stack loop     one frame that is its own caller
//   odd_stack endless  that of a function whose unwind table computes for ever
//   odd_stack sealed   in memory that may not be read
//   odd_stack deep     100 calls of one function deep
//   odd_stack handler  that of a signal's handler
//   odd_stack gone     that of a program whose file this has just deleted
//   odd_stack crowd    in a program of many thousand mappings, which makes 12 other first calls besides
//
// and exits with 0.
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096
// The calls of the odd stacks are made in one piece, since nothing else works without a stack.
#define GETSID_THEN_EXIT \
  "xor %%edi, %%edi\n"   \
  "mov $124, %%eax\n"    \
  "syscall\n"            \
  "xor %%edi, %%edi\n"   \
  "mov $231, %%eax\n"    \
  "syscall\n"

static void call_made_code(void) {
  static const unsigned char code[] = {0x31, 0xff, 0xb8, 0x7c, 0, 0, 0, 0x0f, 0x05, 0xc3};  // getsid(0); return
  void* const page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) exit(1);
  memcpy(page, code, sizeof(code));
  ((void (*)(void))page)();
}

static void lose_the_stack(void) {
  __asm__ volatile("mov $0x1234567890, %%rsp\nmov $-8, %%rbp\n" GETSID_THEN_EXIT : : : "memory");
}

static void loop_the_stack(void) {
  static void* frame[2] __attribute__((aligned(16)));
  frame[0] = frame;
  __asm__ volatile(
      "lea 1f(%%rip), %%rax\n"
      "mov %%rax, 8(%0)\n"
      "mov %0, %%rbp\n"
      "mov %0, %%rsp\n"
      "1:\n" GETSID_THEN_EXIT
      :
      : "c"(frame)
      : "rax", "memory");
}

// The address of the caller's frame is said to be the result of "jump back to this very jump" (DW_OP_skip -3).
long ask_endlessly(void);
__asm__(
    ".text\n"
    "ask_endlessly:\n"
    ".cfi_startproc\n"
    ".cfi_escape 0x0f, 0x05, 0x77, 0x00, 0x2f, 0xfd, 0xff\n"
    "xor %edi, %edi\n"
    "mov $124, %eax\n"
    "syscall\n"
    "ret\n"
    ".cfi_endproc\n");

static void handle(int signo) {
  (void)signo;
  syscall(SYS_getsid, 0);
}

static void seal_the_stack(void) {
  const unsigned long here = (unsigned long)__builtin_frame_address(0) & -PAGE;
  __asm__ volatile("syscall\n" GETSID_THEN_EXIT
                   :
                   : "a"(SYS_mprotect), "D"(here - PAGE), "S"(3UL * PAGE), "d"(PROT_NONE)
                   : "rcx", "r11", "memory");
}

__attribute__((noinline)) static long descend(int levels) {
  return levels == 0 ? syscall(SYS_getsid, 0) : descend(levels - 1) + 1;
}

static void crowd(void) {
  for (int i = 0; i < 10000; ++i) {
    mmap(NULL, PAGE, i % 2 == 0 ? PROT_READ : PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
  static const int kinds[] = {SYS_getpid, SYS_getppid, SYS_getuid,  SYS_getgid, SYS_geteuid,     SYS_getegid,
                              SYS_gettid, SYS_getpgid, SYS_getpgrp, SYS_umask,  SYS_sched_yield, SYS_getpriority};
  for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); ++i) syscall(kinds[i], 0, 0);
  syscall(SYS_getsid, 0);
}

int main(int argc, char** argv) {
  const char* const kind = argc > 1 ? argv[1] : "";
  if (strcmp(kind, "jit") == 0) call_made_code();
  if (strcmp(kind, "garbage") == 0) lose_the_stack();
  if (strcmp(kind, "loop") == 0) loop_the_stack();
  if (strcmp(kind, "sealed") == 0) seal_the_stack();
  if (strcmp(kind, "deep") == 0) descend(100);
  if (strcmp(kind, "endless") == 0) ask_endlessly();
  if (strcmp(kind, "gone") == 0 && unlink(argv[0]) == 0) descend(0);
  if (strcmp(kind, "handler") == 0 && signal(SIGUSR1, handle) != SIG_ERR) raise(SIGUSR1);
  if (strcmp(kind, "crowd") == 0) crowd();
  return 0;
}
