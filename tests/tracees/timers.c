// SPDX-License-Identifier: Apache-2.0
// Waits for signals and timers in every way and tells what comes. The argument names the scene.
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#include "observed.h"
#include "scenes.h"

static const struct timespec kShortly = {.tv_nsec = 1000000};
static volatile int alarms;

static void count_alarm(int signo) {
  (void)signo;
  ++alarms;
}

static void block(int signo) {
  const sigset_t set = set_of(signo);
  MUST(sigprocmask(SIG_BLOCK, &set, NULL));
}

static void tell_info(const char* what, int result, const siginfo_t* info) {
  tell("%s: %s", what, error_of(result));
  if (result > 0) {
    tell(", %s code %d value %d from %s", signal_name(info->si_signo), info->si_code,
         info->si_code == SI_QUEUE || info->si_code == SI_TIMER ? info->si_value.sival_int : 0,
         info->si_code == SI_TIMER ? "a timer" : who(info->si_pid));
  }
  tell("\n");
}

static void send_from_child(int signo, int value) {
  const pid_t target = getpid();
  known_child = fork();
  if (known_child != 0) return;
  MUST(sigqueue(target, signo, (union sigval){.sival_int = value}));
  _exit(0);
}

static void waiting(void) {
  block(SIGRTMIN);
  siginfo_t info;
  const sigset_t wanted = set_of(SIGRTMIN);
  tell_info("nothing", sigtimedwait(&wanted, &info, &kShortly), &info);
  send_from_child(SIGRTMIN, 5);
  tell_info("from child", sigwaitinfo(&wanted, &info), &info);
  for (int value = 1; value <= 3; ++value) MUST(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = value}));
  for (int value = 1; value <= 3; ++value) tell_info("queued", sigtimedwait(&wanted, &info, &kShortly), &info);
  MUST(kill(getpid(), SIGRTMIN));
  int signo = 0;
  tell("sigwait: %d", sigwait(&wanted, &signo));
  tell(" %s\n", signal_name(signo));
}

static void signal_files(void) {
  block(SIGRTMIN);
  const sigset_t wanted = set_of(SIGRTMIN);
  const int file = signalfd(-1, &wanted, SFD_NONBLOCK);
  struct signalfd_siginfo info[4];
  tell("nothing: %s\n", error_of(read(file, info, sizeof(info))));
  send_from_child(SIGRTMIN, 5);
  struct pollfd readable = {.fd = file, .events = POLLIN};
  tell("poll: %d\n", poll(&readable, 1, -1));
  MUST(waitpid(known_child, NULL, 0));
  MUST(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 6}));
  const long got = read(file, info, sizeof(info)) / (long)sizeof(info[0]);
  for (long i = 0; i < got; ++i) {
    tell("%s code %d value %d from %s\n", signal_name((int)info[i].ssi_signo), info[i].ssi_code, info[i].ssi_int,
         who((pid_t)info[i].ssi_pid));
  }
}

static void alarm_clock(void) {
  treat(SIGALRM, count_alarm);
  block(SIGALRM);
  sigset_t none;
  sigemptyset(&none);
  const struct itimerval soon = {.it_value = {.tv_usec = 1000}};
  MUST(setitimer(ITIMER_REAL, &soon, NULL));
  tell("sigsuspend: %s\n", error_of(sigsuspend(&none)));
  tell("%d alarms, rest %u\n", alarms, alarm(100));
  tell("rest of alarm: %s\n", alarm(0) >= 99 ? "nearly all" : "wrong");
}

static void intervals(void) {
  treat(SIGALRM, count_alarm);
  const struct itimerval often = {.it_interval = {.tv_usec = 500}, .it_value = {.tv_usec = 500}};
  MUST(setitimer(ITIMER_REAL, &often, NULL));
  while (alarms < 20) syscall(SYS_getppid);
  MUST(setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL));
  tell("at least 20 alarms\n");
}

static void cpu_time(void) {
  treat(SIGVTALRM, count_alarm);
  treat(SIGPROF, count_alarm);
  const struct itimerval soon = {.it_value = {.tv_usec = 1000}};
  MUST(setitimer(ITIMER_VIRTUAL, &soon, NULL));
  while (alarms < 1) continue;
  MUST(setitimer(ITIMER_PROF, &soon, NULL));
  while (alarms < 2) continue;
  tell("%d alarms\n", alarms);
}

static void thread_timer(void) {
  block(SIGRTMIN);
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 77};
  event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
  timer_t timer;
  MUST(timer_create(CLOCK_MONOTONIC, &event, &timer));
  MUST(timer_settime(timer, 0, &(struct itimerspec){.it_value = kShortly}, NULL));
  siginfo_t info;
  const sigset_t wanted = set_of(SIGRTMIN);
  tell_info("timer", sigwaitinfo(&wanted, &info), &info);
  tell("overruns %d, left %d\n", timer_getoverrun(timer), sigtimedwait(&wanted, &info, &kShortly));
}

static void timer_files(void) {
  const int file = timerfd_create(CLOCK_MONOTONIC, 0);
  MUST(timerfd_settime(file, 0, &(struct itimerspec){.it_value = kShortly}, NULL));
  unsigned long long expirations = 0;
  MUST(read(file, &expirations, sizeof(expirations)));
  tell("%llu expirations\n", expirations);
}

// An alarm is due within a sleep that no handler interrupts: the call goes on to its end.
static void sleep_through(void) {
  treat(SIGALRM, SIG_IGN);
  MUST(setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {.tv_usec = 1000}}, NULL));
  const struct timespec longer = {.tv_nsec = 5000000};
  tell("nanosleep: %s\n", error_of(nanosleep(&longer, NULL)));
}

const struct Scene kScenes[] = {
    {"waiting", waiting},         {"signal files", signal_files},   {"alarm clock", alarm_clock},
    {"intervals", intervals},     {"CPU time", cpu_time},           {"thread timer", thread_timer},
    {"timer files", timer_files}, {"sleep through", sleep_through}, {NULL, NULL},
};
