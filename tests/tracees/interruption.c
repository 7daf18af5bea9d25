// SPDX-License-Identifier: Apache-2.0
// Lets a signal come to a child that sleeps in a call, once in each of many calls, and tells how the call ended and
// which handlers ran. The argument says what kind of signal:
//
//   handled      its handler does not restart calls
//   restarting   its handler does (SA_RESTART)
//   ignored      it is ignored
//   harmless     its default action is to do nothing
//   stopping     it stops the process, which then is continued
//
// What goes on sleeping is ended by a second, handled signal.
#include "interrupted_calls.h"

struct Witness {
  volatile sig_atomic_t first_handled, second_handled;
  volatile bool returned;
};

static struct Witness* witness;
static const char* kind;

static bool is_kind(const char* name) {
  return strcmp(kind, name) == 0;
}

static void count_first(int signo, siginfo_t* info, void* context) {
  (void)signo, (void)info, (void)context;
  ++witness->first_handled;
}

static void count_second(int signo, siginfo_t* info, void* context) {
  (void)signo, (void)info, (void)context;
  ++witness->second_handled;
}

static void sleep_in(int index) {
  if (is_kind("ignored")) treat(SIGUSR1, SIG_IGN);
  if (is_kind("handled")) on(SIGUSR1, count_first, 0);
  if (is_kind("restarting")) on(SIGUSR1, count_first, SA_RESTART);
  on(SIGUSR2, count_second, 0);

  const long result = kCalls[index].make();
  const char* const error = error_of(result);
  tell("  returned %ld %s after %d and %d signals\n", result, error, witness->first_handled,
       witness->second_handled);
  witness->returned = true;
  for (;;) pause();
}

static bool sleeps(pid_t child, int index) {
  return sleeps_in(child, kCalls[index].number) || sleeps_in(child, SYS_restart_syscall);
}

// Until the signal has done what it does: it is no longer pending, and the call either has returned or sleeps.
static void await_rest(pid_t child, int index) {
  while (!witness->returned && (has_pending(child) || !sleeps(child, index))) breathe();
}

static void stop_and_continue(pid_t child) {
  MUST(kill(child, SIGSTOP));
  MUST(waitpid(child, NULL, WUNTRACED));
  MUST(kill(child, SIGCONT));
}

static void send_first(pid_t child, int index) {
  if (is_kind("stopping")) {
    stop_and_continue(child);
  } else if (is_kind("harmless")) {
    for (int i = 0; i < 4; ++i) {
      const int harmless[] = {SIGURG, SIGCHLD, SIGWINCH, SIGCONT};
      MUST(kill(child, harmless[i]));
      await_rest(child, index);
    }
  } else {
    MUST(kill(child, SIGUSR1));
  }
  const bool handled = is_kind("handled") || is_kind("restarting");
  while (handled && witness->first_handled == 0) breathe();
  await_rest(child, index);
}

static void interrupt(int index) {
  tell("%s\n", kCalls[index].name);
  memset(witness, 0, sizeof(*witness));
  const pid_t child = fork();
  MUST(child);
  if (child == 0) {
    setpgid(0, 0);
    sleep_in(index);
  }
  while (!sleeps(child, index)) breathe();
  send_first(child, index);
  if (!witness->returned) MUST(kill(child, SIGUSR2));
  while (!witness->returned) breathe();
  kill(-child, SIGKILL);  // and its children: it leads a group of its own
  MUST(waitpid(child, NULL, 0));
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  kind = argv[1];
  witness = shared_memory(sizeof(*witness));
  const int calls = sizeof(kCalls) / sizeof(kCalls[0]);
  for (int index = 0; index < calls; ++index) interrupt(index);
  return 0;
}
