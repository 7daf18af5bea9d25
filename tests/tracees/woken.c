// SPDX-License-Identifier: Apache-2.0
// One child for each of some calls that sleep, until a line comes: then each call is given what it waits for.
// Prints "asleep" when all sleep, and what each call returned.
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "observed.h"

static int ends[2];         // of a pipe that is read
static int watched[2];      // of a pipe that is polled
static int listening, set;  // a socket, semaphores
static int* word;           // of a futex
static struct sockaddr_un address;
static socklen_t length;

static long read_three(void) {
  char bytes[8];
  const long got = syscall(SYS_read, ends[0], bytes, sizeof(bytes));
  return got == 3 && memcmp(bytes, "abc", 3) == 0 ? got : -1;
}

static long await_event(void) {
  const int file = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = 7};
  MUST(epoll_ctl(file, EPOLL_CTL_ADD, watched[0], &event));
  const long events = syscall(SYS_epoll_wait, file, &event, 1, -1);
  return events == 1 ? (long)event.data.u32 : -1;
}

static long await_input(void) {
  struct pollfd wanted = {.fd = watched[0], .events = POLLIN};
  return syscall(SYS_poll, &wanted, 1, 1000000);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// Whether a sleep of a second was not cut short.
static long in_time(double start) {
  return now() - start >= 1 ? 1 : -1;
}

static long poll_in_vain(void) {
  const double start = now();
  struct pollfd wanted = {.fd = listening, .events = POLLOUT};
  const long events = syscall(SYS_poll, &wanted, 1, 1000);
  return events == 0 ? in_time(start) : -1;
}

static long nanosleep_a_second(void) {
  const double start = now();
  const struct timespec second = {.tv_sec = 1};
  return syscall(SYS_nanosleep, &second, NULL) == 0 ? in_time(start) : -1;
}

static long await_change(void) {
  return syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL);
}

static long await_signal(void) {
  const sigset_t wanted = set_of(SIGRTMIN);
  siginfo_t info;
  const struct timespec limit = {.tv_sec = 1000};
  MUST(sigprocmask(SIG_BLOCK, &wanted, NULL));
  const long signo = syscall(SYS_rt_sigtimedwait, &wanted, &info, &limit, 8);
  return signo == SIGRTMIN ? info.si_value.sival_int : -1;
}

static long take(void) {
  struct sembuf down = {.sem_op = -1};
  return syscall(SYS_semtimedop, set, &down, 1, NULL);
}

static long accept_one(void) {
  return syscall(SYS_accept, listening, NULL, NULL) >= 0 ? 0 : -1;
}

static long await_child(void) {
  const pid_t child = fork();
  if (child == 0) {
    await_input();
    _exit(9);
  }
  int status = 0;
  return syscall(SYS_wait4, child, &status, 0, NULL) == child ? WEXITSTATUS(status) : -1;
}

static const struct {
  const char* name;
  long number;
  long (*make)(void);
} kCalls[] = {
    {"epoll_wait", SYS_epoll_wait, await_event},
    {"poll", SYS_poll, await_input},
    {"poll in vain", SYS_poll, poll_in_vain},
    {"nanosleep", SYS_nanosleep, nanosleep_a_second},
    {"futex", SYS_futex, await_change},
    {"sigtimedwait", SYS_rt_sigtimedwait, await_signal},
    {"semop", SYS_semtimedop, take},
    {"accept", SYS_accept, accept_one},
    {"wait4", SYS_wait4, await_child},
    {"read", SYS_read, read_three},
};

enum { kCount = sizeof(kCalls) / sizeof(kCalls[0]) };

static pid_t children[kCount];
static long* results;

static void prepare(void) {
  MUST(pipe(ends));
  MUST(pipe(watched));
  results = shared_memory(sizeof(*results) * kCount);
  word = shared_memory(sizeof(*word));
  set = semget(IPC_PRIVATE, 1, 0600);
  listening = socket(AF_UNIX, SOCK_STREAM, 0);
  length = sizeof(address.sun_family);
  address.sun_family = AF_UNIX;
  MUST(bind(listening, (struct sockaddr*)&address, length));  // the kernel chooses an abstract name
  length = sizeof(address);
  MUST(getsockname(listening, (struct sockaddr*)&address, &length));
  MUST(listen(listening, 1));
}

static void give_all(void) {
  MUST(write(ends[1], "abc", 3));
  MUST(write(watched[1], "", 1));
  MUST(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr*)&address, length));
  struct sembuf up = {.sem_op = 1};
  MUST(semop(set, &up, 1));
  *word = 1;
  MUST(syscall(SYS_futex, word, FUTEX_WAKE, 1));
  for (int i = 0; i < kCount; ++i) {
    if (kCalls[i].make == await_signal) MUST(sigqueue(children[i], SIGRTMIN, (union sigval){.sival_int = 21}));
  }
}

static bool sleeps(int i) {
  const char state = state_of(children[i]);
  return state == 'Z' || sleeps_in(children[i], kCalls[i].number) || sleeps_in(children[i], SYS_restart_syscall);
}

static void bear(int i) {
  children[i] = fork();
  MUST(children[i]);
  if (children[i] != 0) return;
  results[i] = kCalls[i].make();
  _exit(0);
}

int main(void) {
  prepare();
  for (int i = 0; i < kCount; ++i) bear(i);
  for (int i = 0; i < kCount; ++i) {
    while (!sleeps(i)) breathe();
  }
  tell("asleep\n");
  char line;
  MUST(read(STDIN_FILENO, &line, 1));
  give_all();
  for (int i = 0; i < kCount; ++i) {
    MUST(waitpid(children[i], NULL, 0));
    tell("%s: %ld\n", kCalls[i].name, results[i]);
  }
  semctl(set, 0, IPC_RMID);
  return 0;
}
