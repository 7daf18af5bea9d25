// SPDX-License-Identifier: Apache-2.0
// Programs that are hard to attach to, or to let go:
//   leaderless  its first thread has ended, another calls getppid(2) again and again
//   sleeping    sleeps in epoll_wait(2) until something stands on its standard input, and tells how that ended
//   bearing     bears children, which takes long since its memory is large; each calls getppid(2) for a while
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void tell(const char* what) {
  puts(what);
  fflush(stdout);
}

static void call_now_and_then(int times) {
  for (int i = 0; times == 0 || i < times; ++i) {
    usleep(20000);
    getppid();
  }
}

static void* live_on(void* unused) {
  call_now_and_then(0);
  return unused;
}

static void be_leaderless(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, live_on, NULL);
  tell("ready");
  pthread_exit(NULL);
}

static void sleep_in_epoll(void) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.fd = STDIN_FILENO}};
  const int epoll = epoll_create1(0);
  epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event);
  tell("ready");
  const int ready = epoll_wait(epoll, &event, 1, -1);
  printf("epoll_wait returned %d%s\n", ready, ready < 0 && errno == EINTR ? " EINTR" : "");
}

static void bear_children(void) {
  const size_t size = (size_t)400 << 20;
  char* const memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise(memory, size, MADV_NOHUGEPAGE);
  memset(memory, 1, size);
  tell("ready");
  for (;;) {
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      call_now_and_then(15);
      _exit(0);
    }
    usleep(1000);
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  }
}

int main(int count, char** words) {
  if (count != 2) return 2;
  if (strcmp(words[1], "leaderless") == 0) be_leaderless();
  if (strcmp(words[1], "sleeping") == 0) sleep_in_epoll();
  if (strcmp(words[1], "bearing") == 0) bear_children();
  return 0;
}
