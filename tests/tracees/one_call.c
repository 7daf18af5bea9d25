// SPDX-License-Identifier: Apache-2.0
// one_call NUMBER: makes that call with six zero arguments and exits with the errno it got, 0 for success. When a
// filter traps the call it exits with 200, or with 202 if the SIGSYS does not name that call.
#include "nolibc.h"

#define SYS_rt_sigaction 13
#define SIGSYS 31
#define SA_SIGINFO 4
#define SA_RESTORER 0x04000000

struct trap_info;
struct kernel_sigaction {
  void (*handler)(int, struct trap_info*, void*);
  unsigned long flags;
  void (*restorer)(void);
  unsigned long mask;
};

// The part of siginfo_t that a SIGSYS fills.
struct trap_info {
  int signo, error, code, padding;
  void* address;
  int number;
};

static long asked;

static void trapped(int signo, struct trap_info* info, void* context) {
  (void)signo;
  (void)context;
  end_process(info->number == asked ? 200 : 202);
}

static long parse(const char* digits) {
  long value = 0;
  for (; *digits != 0; ++digits) value = value * 10 + (*digits - '0');
  return value;
}

void run(long argc, char** argv) {
  if (argc != 2) end_process(201);
  struct kernel_sigaction action = {.handler = trapped, .flags = SA_RESTORER | SA_SIGINFO};
  call4(SYS_rt_sigaction, SIGSYS, &action, 0, 8);
  asked = parse(argv[1]);
  const long result = call0(asked);
  end_process(result < 0 ? (int)-result : 0);
}
