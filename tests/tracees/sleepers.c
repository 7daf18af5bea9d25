// SPDX-License-Identifier: Apache-2.0
// One child for each call that sleeps, until a line comes: who has come back from its call by then is told, and
// each is then woken by a signal with a handler. Prints "asleep" when all sleep, and how each call ended.
#include "interrupted_calls.h"

enum { kCount = sizeof(kCalls) / sizeof(kCalls[0]) };

static struct Witness {
  volatile long result;
  volatile int error;
  volatile bool returned;
} * witnesses;

static pid_t children[kCount];

static void do_nothing(int signo, siginfo_t* info, void* context) {
  (void)signo, (void)info, (void)context;
}

static void sleep_in(int index) {
  struct Witness* const witness = &witnesses[index];
  setpgid(0, 0);
  on(SIGUSR2, do_nothing, 0);
  witness->result = kCalls[index].make();
  witness->error = witness->result < 0 ? errno : 0;
  witness->returned = true;
  for (;;) pause();
}

// What began again after an interruption that its time limit survives is another call.
static bool sleeps(int index) {
  return sleeps_in(children[index], kCalls[index].number) || sleeps_in(children[index], SYS_restart_syscall);
}

static void await_rest(void) {
  for (int index = 0; index < kCount; ++index) {
    while (!witnesses[index].returned && !sleeps(index)) breathe();
  }
}

static void wake(int index) {
  const struct Witness* const witness = &witnesses[index];
  const char* const early = witness->returned ? "too early, " : "";
  MUST(kill(children[index], SIGUSR2));
  while (!witness->returned) breathe();
  errno = witness->error;
  tell("%s: %s%ld %s\n", kCalls[index].name, early, witness->result, error_of(witness->result));
  kill(-children[index], SIGKILL);  // and its children: it leads a group of its own
  MUST(waitpid(children[index], NULL, 0));
}

int main(void) {
  witnesses = shared_memory(sizeof(*witnesses) * kCount);
  for (int index = 0; index < kCount; ++index) {
    children[index] = fork();
    MUST(children[index]);
    if (children[index] == 0) sleep_in(index);
  }
  await_rest();
  tell("asleep\n");
  char line;
  MUST(read(STDIN_FILENO, &line, 1));
  await_rest();
  for (int index = 0; index < kCount; ++index) wake(index);
  return 0;
}
