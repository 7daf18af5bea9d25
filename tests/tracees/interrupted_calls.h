// SPDX-License-Identifier: Apache-2.0
// Calls that sleep until something comes that never does. Each returns what the call returned, with errno.
#pragma once

#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#include "observed.h"

enum { kLong = 1000 };  // seconds: longer than any test

static const struct timespec kLongTime = {.tv_sec = kLong};

static int empty_pipe(void) {
  int ends[2];
  MUST(pipe(ends));
  return ends[0];
}

static int full_pipe(void) {
  int ends[2];
  MUST(pipe2(ends, O_NONBLOCK));
  static char page[4096];
  while (write(ends[1], page, sizeof(page)) > 0) continue;
  MUST(fcntl(ends[1], F_SETFL, 0));
  return ends[1];
}

// A listening socket whose queue is full, so that both accepting from another like it and connecting to it wait.
static int listener(struct sockaddr_un* address, socklen_t* length) {
  const int listening = socket(AF_UNIX, SOCK_STREAM, 0);
  *length = sizeof(address->sun_family);
  address->sun_family = AF_UNIX;
  MUST(bind(listening, (struct sockaddr*)address, *length));  // the kernel chooses an abstract name
  *length = sizeof(*address);
  MUST(getsockname(listening, (struct sockaddr*)address, length));
  MUST(listen(listening, 0));
  return listening;
}

static long read_of(int file) {
  static char buffer[4096];
  return syscall(SYS_read, file, buffer, sizeof(buffer));
}

static long in_read(void) {
  return read_of(empty_pipe());
}

static long in_write(void) {
  static char page[4096];
  return syscall(SYS_write, full_pipe(), page, sizeof(page));
}

static long in_accept(void) {
  struct sockaddr_un address;
  socklen_t length;
  return syscall(SYS_accept, listener(&address, &length), NULL, NULL);
}

static long in_connect(void) {
  struct sockaddr_un address;
  socklen_t length;
  listener(&address, &length);
  MUST(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr*)&address, length));
  return syscall(SYS_connect, socket(AF_UNIX, SOCK_STREAM, 0), &address, length);
}

static int silent_socket(void) {
  int ends[2];
  MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
  return ends[0];
}

static long in_recv(void) {
  char byte;
  return syscall(SYS_recvfrom, silent_socket(), &byte, 1, 0, NULL, NULL);
}

static long in_recv_with_timeout(void) {
  const int socket = silent_socket();
  const struct timeval limit = {.tv_sec = kLong};
  MUST(setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
  char byte;
  return syscall(SYS_recvfrom, socket, &byte, 1, 0, NULL, NULL);
}

static pid_t sleeping_child(void) {
  const pid_t child = fork();
  if (child == 0) {
    for (;;) pause();
  }
  return child;
}

static long in_wait4(void) {
  return syscall(SYS_wait4, sleeping_child(), NULL, 0, NULL);
}

static long in_waitid(void) {
  siginfo_t info;
  return syscall(SYS_waitid, P_PID, sleeping_child(), &info, WEXITED, NULL);
}

static long in_futex(void) {
  int word = 1;
  return syscall(SYS_futex, &word, FUTEX_WAIT, 1, NULL);
}

static long in_futex_with_timeout(void) {
  int word = 1;
  return syscall(SYS_futex, &word, FUTEX_WAIT, 1, &kLongTime);
}

// What is left is most of what was asked for.
static void tell_rest(const struct timespec* rest) {
  tell("  time left: %s\n", rest->tv_sec >= kLong / 2 && rest->tv_sec <= kLong ? "nearly all" : "wrong");
}

static long in_nanosleep(void) {
  struct timespec rest = {0};
  const long result = syscall(SYS_nanosleep, &kLongTime, &rest);
  const int error = errno;
  tell_rest(&rest);
  errno = error;
  return result;
}

static long in_clock_nanosleep(void) {
  struct timespec when;
  clock_gettime(CLOCK_MONOTONIC, &when);
  when.tv_sec += kLong;
  return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}

static long in_poll(void) {
  struct pollfd wanted = {.fd = empty_pipe(), .events = POLLIN};
  return syscall(SYS_poll, &wanted, 1, -1);
}

static long in_poll_with_timeout(void) {
  struct pollfd wanted = {.fd = empty_pipe(), .events = POLLIN};
  return syscall(SYS_poll, &wanted, 1, kLong * 1000);
}

static long in_ppoll(void) {
  struct pollfd wanted = {.fd = empty_pipe(), .events = POLLIN};
  struct timespec rest = kLongTime;
  sigset_t none;
  sigemptyset(&none);
  const long result = syscall(SYS_ppoll, &wanted, 1, &rest, &none, 8);
  const int error = errno;
  tell_rest(&rest);
  errno = error;
  return result;
}

static long in_select(void) {
  fd_set wanted;
  FD_ZERO(&wanted);
  const int file = empty_pipe();
  FD_SET(file, &wanted);
  struct timeval limit = {.tv_sec = kLong};
  return syscall(SYS_select, file + 1, &wanted, NULL, NULL, &limit);
}

static long in_pselect(void) {
  return syscall(SYS_pselect6, 0, NULL, NULL, NULL, NULL, NULL);
}

static long epoll_with_timeout(int milliseconds) {
  const int file = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  MUST(epoll_ctl(file, EPOLL_CTL_ADD, empty_pipe(), &event));
  return syscall(SYS_epoll_wait, file, &event, 1, milliseconds);
}

static long in_epoll_wait(void) {
  return epoll_with_timeout(-1);
}
static long in_epoll_wait_with_timeout(void) {
  return epoll_with_timeout(kLong * 1000);
}

static long in_epoll_pwait(void) {
  struct epoll_event event;
  sigset_t none;
  sigemptyset(&none);
  return syscall(SYS_epoll_pwait, epoll_create1(0), &event, 1, -1, &none, 8);
}

static long in_sigsuspend(void) {
  sigset_t none;
  sigemptyset(&none);
  return syscall(SYS_rt_sigsuspend, &none, 8);
}

static long in_pause(void) {
  return syscall(SYS_pause);
}

static long await_real_time_signal(const struct timespec* limit) {
  const sigset_t wanted = set_of(SIGRTMIN);
  MUST(sigprocmask(SIG_BLOCK, &wanted, NULL));
  return syscall(SYS_rt_sigtimedwait, &wanted, NULL, limit, 8);
}

static long in_sigwaitinfo(void) {
  return await_real_time_signal(NULL);
}
static long in_sigtimedwait(void) {
  return await_real_time_signal(&kLongTime);
}

static long take_semaphore(const struct timespec* limit) {
  const int set = semget(IPC_PRIVATE, 1, 0600);
  MUST(set);
  struct sembuf down = {.sem_op = -1};
  const long result = syscall(SYS_semtimedop, set, &down, 1, limit);
  const int error = errno;
  semctl(set, 0, IPC_RMID);
  errno = error;
  return result;
}

static long in_semop(void) {
  return take_semaphore(NULL);
}
static long in_semtimedop(void) {
  return take_semaphore(&kLongTime);
}

static long in_msgrcv(void) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  struct msgbuf message;
  const long result = syscall(SYS_msgrcv, queue, &message, 1, 0, 0);
  const int error = errno;
  msgctl(queue, IPC_RMID, NULL);
  errno = error;
  return result;
}

static int file_locked_by_another_description(void) {
  const int holder = memfd_create("locked", 0);
  MUST(flock(holder, LOCK_EX));
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", holder);
  return open(path, O_RDWR);
}

static long in_flock(void) {
  return syscall(SYS_flock, file_locked_by_another_description(), LOCK_EX);
}

static long in_open_of_a_fifo(void) {
  char path[] = "fifo-XXXXXX";
  close(mkstemp(path));
  unlink(path);
  MUST(mkfifo(path, 0600));
  const long result = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
  const int error = errno;
  unlink(path);
  errno = error;
  return result;
}

static long in_signalfd(void) {
  const sigset_t wanted = set_of(SIGRTMIN);
  MUST(sigprocmask(SIG_BLOCK, &wanted, NULL));
  return read_of(signalfd(-1, &wanted, 0));
}

static long in_timerfd(void) {
  return read_of(timerfd_create(CLOCK_MONOTONIC, 0));
}
static long in_eventfd(void) {
  return read_of(eventfd(0, 0));
}
static long in_inotify(void) {
  return read_of(inotify_init1(0));
}

static const struct {
  const char* name;
  long number;
  long (*make)(void);
} kCalls[] = {
    {"read of a pipe", SYS_read, in_read},
    {"write to a pipe", SYS_write, in_write},
    {"accept", SYS_accept, in_accept},
    {"connect", SYS_connect, in_connect},
    {"recv", SYS_recvfrom, in_recv},
    {"recv with a timeout", SYS_recvfrom, in_recv_with_timeout},
    {"wait4", SYS_wait4, in_wait4},
    {"waitid", SYS_waitid, in_waitid},
    {"futex", SYS_futex, in_futex},
    {"futex with a timeout", SYS_futex, in_futex_with_timeout},
    {"nanosleep", SYS_nanosleep, in_nanosleep},
    {"clock_nanosleep", SYS_clock_nanosleep, in_clock_nanosleep},
    {"poll", SYS_poll, in_poll},
    {"poll with a timeout", SYS_poll, in_poll_with_timeout},
    {"ppoll", SYS_ppoll, in_ppoll},
    {"select", SYS_select, in_select},
    {"pselect", SYS_pselect6, in_pselect},
    {"epoll_wait", SYS_epoll_wait, in_epoll_wait},
    {"epoll_wait with a timeout", SYS_epoll_wait, in_epoll_wait_with_timeout},
    {"epoll_pwait", SYS_epoll_pwait, in_epoll_pwait},
    {"sigsuspend", SYS_rt_sigsuspend, in_sigsuspend},
    {"pause", SYS_pause, in_pause},
    {"sigwaitinfo", SYS_rt_sigtimedwait, in_sigwaitinfo},
    {"sigtimedwait", SYS_rt_sigtimedwait, in_sigtimedwait},
    {"semop", SYS_semtimedop, in_semop},
    {"semtimedop", SYS_semtimedop, in_semtimedop},
    {"msgrcv", SYS_msgrcv, in_msgrcv},
    {"flock", SYS_flock, in_flock},
    {"open of a FIFO", SYS_openat, in_open_of_a_fifo},
    {"signalfd", SYS_read, in_signalfd},
    {"timerfd", SYS_read, in_timerfd},
    {"eventfd", SYS_read, in_eventfd},
    {"inotify", SYS_read, in_inotify},
};
