// SPDX-License-Identifier: Apache-2.0
// Sends signals to itself in every way and tells what its handlers see. The argument names the scene.
#include <pthread.h>

#include "observed.h"
#include "scenes.h"

enum { kMostArrivals = 32 };

// What a handler saw, kept to be told later: a handler must not print.
static struct Arrival {
  int signo, code, value, depth;
  pid_t sender;
  uid_t user;
  bool on_alternative_stack, own_signal_blocked, second_blocked;
} arrivals[kMostArrivals];
static volatile int arrived;
static volatile int depth;
static char alternative_stack[65536];

static void note(int signo, siginfo_t* info, void* context) {
  (void)context;
  sigset_t blocked;
  sigprocmask(SIG_SETMASK, NULL, &blocked);
  const char here = 0;
  arrivals[arrived++ % kMostArrivals] = (struct Arrival){
      .signo = signo,
      .code = info->si_code,
      .value = info->si_code == SI_QUEUE ? info->si_value.sival_int : 0,
      .depth = depth,
      .sender = info->si_pid,
      .user = info->si_uid,
      .on_alternative_stack = &here >= alternative_stack && &here < alternative_stack + sizeof(alternative_stack),
      .own_signal_blocked = sigismember(&blocked, signo) == 1,
      .second_blocked = sigismember(&blocked, SIGUSR2) == 1,
  };
}

static void tell_arrivals(void) {
  for (int i = 0; i < arrived; ++i) {
    const struct Arrival* const a = &arrivals[i];
    tell("%s code %d value %d from %s%s, depth %d,%s%s%s\n", signal_name(a->signo), a->code, a->value,
         who(a->sender), a->user == getuid() ? "" : " of another user", a->depth,
         a->on_alternative_stack ? " alternative stack," : "", a->own_signal_blocked ? " blocks itself," : "",
         a->second_blocked ? " blocks SIGUSR2" : "");
  }
  tell("%d arrived\n", arrived);
  arrived = 0;
}

static void let_child_send(void (*send)(pid_t)) {
  const pid_t target = getpid();
  const sigset_t usr1 = set_of(SIGUSR1);
  sigprocmask(SIG_BLOCK, &usr1, NULL);
  known_child = fork();
  if (known_child == 0) {
    send(target);
    _exit(0);
  }
  MUST(waitpid(known_child, NULL, 0));
  sigprocmask(SIG_UNBLOCK, &usr1, NULL);
  tell_arrivals();
}

static void by_kill(pid_t target) {
  MUST(kill(target, SIGUSR1));
}
static void by_tgkill(pid_t target) {
  MUST(syscall(SYS_tgkill, target, target, SIGUSR1));
}
static void by_tkill(pid_t target) {
  MUST(syscall(SYS_tkill, target, SIGUSR1));
}
static void by_sigqueue(pid_t target) {
  MUST(sigqueue(target, SIGUSR1, (union sigval){.sival_int = 4711}));
}
static void by_group(pid_t target) {
  MUST(kill(-target, SIGUSR1));
}

static void by_thread_queue(pid_t target) {
  siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_MESGQ};
  info.si_pid = getpid();
  info.si_uid = getuid();
  MUST(syscall(SYS_rt_tgsigqueueinfo, target, target, SIGUSR1, &info));
}

static void by_pidfd(pid_t target) {
  const int file = (int)syscall(SYS_pidfd_open, target, 0);
  MUST(file);
  MUST(syscall(SYS_pidfd_send_signal, file, SIGUSR1, NULL, 0));
}

static void senders(void) {
  on(SIGUSR1, note, 0);
  void (*const ways[])(pid_t) = {by_kill, by_tgkill, by_tkill, by_sigqueue, by_thread_queue, by_pidfd};
  for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); ++i) {
    ways[i](getpid());
    let_child_send(ways[i]);
  }
}

static void group(void) {
  MUST(setpgid(0, 0));
  on(SIGUSR1, note, 0);
  let_child_send(by_group);
}

// Standard signals are kept once and come first, real-time signals all, by number and then in order.
static void queueing(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  for (int offset = 3; offset >= 0; --offset) {
    on(SIGRTMIN + offset, note, 0);
    for (int value = 1; value <= 4; ++value) {
      MUST(sigqueue(getpid(), SIGRTMIN + offset, (union sigval){.sival_int = value}));
    }
  }
  on(SIGUSR2, note, 0);
  on(SIGUSR1, note, 0);
  for (int i = 0; i < 3; ++i) {
    MUST(sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 10 + i}));
    MUST(kill(getpid(), SIGUSR1));
  }
  sigset_t pending;
  sigpending(&pending);
  for (int signo = 1; signo < NSIG; ++signo) {
    if (sigismember(&pending, signo) == 1) tell("pending: %s\n", signal_name(signo));
  }
  sigprocmask(SIG_UNBLOCK, &all, NULL);
  tell_arrivals();
}

static void masks(void) {
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  sigaddset(&action.sa_mask, SIGUSR2);
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
  action.sa_flags |= SA_NODEFER;
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
  sigset_t blocked;
  sigprocmask(SIG_SETMASK, NULL, &blocked);
  tell("blocked afterwards: %d %d\n", sigismember(&blocked, SIGUSR1), sigismember(&blocked, SIGUSR2));
  tell_arrivals();
}

static void raise_again(int signo, siginfo_t* info, void* context) {
  note(signo, info, context);
  ++depth;
  if (depth < 4) raise(signo);
  --depth;
}

static void nesting(void) {
  on(SIGUSR1, raise_again, SA_NODEFER);
  raise(SIGUSR1);
  tell_arrivals();
}

static volatile int deferred_left = 3;

static void raise_deferred(int signo, siginfo_t* info, void* context) {
  note(signo, info, context);
  ++depth;
  if (deferred_left-- > 0) raise(signo);
  --depth;
}

static void deferring(void) {
  on(SIGUSR1, raise_deferred, 0);
  raise(SIGUSR1);
  tell_arrivals();
}

static void raise_other(int signo, siginfo_t* info, void* context) {
  note(signo, info, context);
  ++depth;
  if (signo == SIGUSR1) raise(SIGUSR2);
  --depth;
}

static void interleaving(void) {
  on(SIGUSR1, raise_other, 0);
  on(SIGUSR2, raise_other, 0);
  raise(SIGUSR1);
  tell_arrivals();
}

static void alternative_stacks(void) {
  const stack_t stack = {.ss_sp = alternative_stack, .ss_size = sizeof(alternative_stack)};
  MUST(sigaltstack(&stack, NULL));
  on(SIGUSR1, raise_other, SA_ONSTACK);
  on(SIGUSR2, raise_other, SA_ONSTACK);
  raise(SIGUSR1);
  on(SIGUSR1, note, 0);
  raise(SIGUSR1);
  stack_t now;
  MUST(sigaltstack(NULL, &now));
  tell("stack flags %d, same place %d\n", now.ss_flags, now.ss_sp == alternative_stack);
  tell_arrivals();
}

static void resetting(void) {
  on(SIGUSR1, note, SA_RESETHAND);
  raise(SIGUSR1);
  struct sigaction now;
  sigaction(SIGUSR1, NULL, &now);
  tell("back to default: %d\n", now.sa_handler == SIG_DFL);
  tell_arrivals();
  raise(SIGUSR1);
  tell("not reached\n");
}

static void* take_in_thread(void* ready) {
  const sigset_t usr1 = set_of(SIGUSR1);
  pthread_sigmask(SIG_UNBLOCK, &usr1, NULL);
  *(volatile bool*)ready = true;
  while (arrived < 2) breathe();
  return NULL;
}

// A process's signal goes to the one thread that does not block it, a thread's to that thread.
static void threads(void) {
  on(SIGUSR1, note, 0);
  const sigset_t usr1 = set_of(SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &usr1, NULL);
  volatile bool ready = false;
  pthread_t thread;
  pthread_create(&thread, NULL, take_in_thread, (void*)&ready);
  while (!ready) breathe();
  MUST(kill(getpid(), SIGUSR1));
  while (arrived < 1) breathe();
  pthread_kill(thread, SIGUSR1);
  pthread_join(thread, NULL);
  raise(SIGUSR1);
  sigset_t pending;
  sigpending(&pending);
  tell("pending for the main thread: %d\n", sigismember(&pending, SIGUSR1));
  tell_arrivals();
}

// Kept by an exec: what is blocked, pending and ignored. Not kept by a fork: what is pending.
static void inheriting(void) {
  const sigset_t usr1 = set_of(SIGUSR1);
  sigprocmask(SIG_BLOCK, &usr1, NULL);
  treat(SIGUSR2, SIG_IGN);
  on(SIGHUP, note, 0);
  raise(SIGUSR1);
  if (fork() == 0) {
    sigset_t pending;
    sigpending(&pending);
    tell("pending in the child: %d\n", sigismember(&pending, SIGUSR1));
    _exit(0);
  }
  wait(NULL);
  execl("/proc/self/exe", "delivery", "inherited", NULL);
}

static void inherited(void) {
  struct sigaction usr2, hup;
  sigaction(SIGUSR2, NULL, &usr2);
  sigaction(SIGHUP, NULL, &hup);
  tell("ignored: %d, handler gone: %d\n", usr2.sa_handler == SIG_IGN, hup.sa_handler == SIG_DFL);
  on(SIGUSR1, note, 0);
  const sigset_t usr1 = set_of(SIGUSR1);
  sigprocmask(SIG_UNBLOCK, &usr1, NULL);
  tell_arrivals();
}

// Tells the senders as they are, for whoever sends from outside.
static void from_outside(void) {
  on(SIGUSR1, note, 0);
  on(SIGRTMIN, note, 0);
  tell("ready\n");
  while (arrived < 3) breathe();
  for (int i = 0; i < arrived; ++i) {
    tell("%s code %d value %d from %d\n", signal_name(arrivals[i].signo), arrivals[i].code, arrivals[i].value,
         arrivals[i].sender);
  }
}

static volatile int group_signals;
static volatile bool told_to_end;

static void count_group_signal(int signo) {
  (void)signo;
  ++group_signals;
}

static void note_end(int signo) {
  (void)signo;
  told_to_end = true;
}

// What comes from outside comes after all that was sent before: of real-time signals the last number is served
// last.
static void to_its_group(void) {
  treat(SIGRTMIN, count_group_signal);
  treat(SIGRTMAX, note_end);
  for (int i = 0; i < 50; ++i) MUST(kill(0, SIGRTMIN));
  tell("ready\n");
  while (!told_to_end) breathe();
  tell("%d of 50 arrived\n", group_signals);
}

const struct Scene kScenes[] = {
    {"senders", senders},
    {"group", group},
    {"queueing", queueing},
    {"masks", masks},
    {"nesting", nesting},
    {"deferring", deferring},
    {"interleaving", interleaving},
    {"alternative stacks", alternative_stacks},
    {"resetting", resetting},
    {"threads", threads},
    {"inheriting", inheriting},
    {"inherited", inherited},
    {"from outside", from_outside},
    {"to its group", to_its_group},
    {NULL, NULL},
};
