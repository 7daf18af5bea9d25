// SPDX-License-Identifier: Apache-2.0
// Creates one child by clone with each of many combinations of flags, one after the other. Child number N of the
// list below, counted from 0, makes N + 1 times its own tell-tale call.
#include "tasks.h"

#define SIGURG 23
#define SHARED (CLONE_FILES | CLONE_FS)

static const struct {
  unsigned long flags;
  long tell_tale;
} births[] = {
    {SIGCHLD, 102},                                      // getuid
    {0, 104},                                            // getgid; no signal at its end
    {SIGURG, 107},                                       // geteuid; another signal at its end
    {SHARED | SIGCHLD, 108},                             // getegid
    {CLONE_VM | SIGCHLD, 110},                           // getppid
    {CLONE_VM, 111},                                     // getpgrp
    {CLONE_VFORK | SIGCHLD, 186},                        // gettid
    {CLONE_VFORK, 24},                                   // sched_yield
    {CLONE_VM | CLONE_VFORK | SIGCHLD, 39},              // getpid
    {CLONE_VM | CLONE_VFORK | SIGURG, 121},              // getpgid
    {CLONE_VM | CLONE_SIGHAND | SHARED | SIGCHLD, 124},  // getsid
    {CLONE_VM | SHARED, 135},                            // personality
    {THREAD, 146},                                       // sched_get_priority_max
    {THREAD | SHARED, 147},                              // sched_get_priority_min
    {THREAD | SIGCHLD, 145},                             // sched_getscheduler; a thread sends no signal at its end
    {THREAD | CLONE_VFORK, 37},                          // alarm
    {THREAD | CLONE_VFORK | SHARED | SIGCHLD, 318},      // getrandom
    {THREAD | CLONE_PARENT, 100},                        // times
};

static Thread places[sizeof(births) / sizeof(births[0])];
static volatile int current;

static void tell(void) {
  const int number = current;
  repeat(births[number].tell_tale, number + 1);
}

void run(long argc, char** argv) {
  (void)argc;
  (void)argv;
  for (unsigned i = 0; i < sizeof(births) / sizeof(births[0]); ++i) {
    Thread* const place = &places[i];
    place->alive = 1;
    current = (int)i;
    const long child = start(births[i].flags | CLONE_CHILD_CLEARTID, &place->stack, tell, &place->alive);
    if (child < 0) end_process(1);
    if ((births[i].flags & CLONE_THREAD) != 0) {
      join(place);
    } else {
      reap(child);
    }
  }
  end_process(0);
}
