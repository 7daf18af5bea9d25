// SPDX-License-Identifier: Apache-2.0
// one_call NUMBER: makes that call with six zero arguments and exits with the errno it got, 0 for success. A SIGSYS
// exits with 200: a filter has trapped the call.
#include "nolibc.h"

#define SYS_rt_sigaction 13
#define SIGSYS 31
#define SA_RESTORER 0x04000000

struct kernel_sigaction {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)(void);
  unsigned long mask;
};

static void trapped(int signo) {
  (void)signo;
  end_process(200);
}

static long parse(const char* digits) {
  long value = 0;
  for (; *digits != 0; ++digits) value = value * 10 + (*digits - '0');
  return value;
}

void run(long argc, char** argv) {
  if (argc != 2) end_process(201);
  struct kernel_sigaction action = {.handler = trapped, .flags = SA_RESTORER};
  call4(SYS_rt_sigaction, SIGSYS, &action, 0, 8);
  const long result = call0(parse(argv[1]));
  end_process(result < 0 ? (int)-result : 0);
}
