// SPDX-License-Identifier: Apache-2.0
// What programs share that tell how signals reach them: whatever happens is printed in words that are the same in
// every run, so without process ids, addresses and times.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

static pid_t known_child;                                   // whom who() calls "child"
UNUSED static volatile char* volatile nowhere = (char*)16;  // an address that no compiler knows to be bad

// Prints a line at once: a program that is killed or forks must neither lose nor repeat it.
__attribute__((format(printf, 1, 2))) UNUSED static void tell(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vdprintf(STDOUT_FILENO, format, arguments);
  va_end(arguments);
}

UNUSED static const char* error_of(long result) {
  return result < 0 ? strerrorname_np(errno) : "ok";
}

#define MUST(call)                                            \
  do {                                                        \
    if ((long)(call) == -1) {                                 \
      tell("cannot %s: %s\n", #call, strerrorname_np(errno)); \
      exit(99);                                               \
    }                                                         \
  } while (0)

UNUSED static const char* who(pid_t pid) {
  if (pid == 0) return "nobody";
  if (pid == getpid()) return "self";
  if (pid == known_child) return "child";
  return pid == getppid() ? "parent" : "a stranger";
}

UNUSED static const char* signal_name(int signo) {
  static char real_time[16];
  const char* const name = sigabbrev_np(signo);
  if (name != NULL) return name;
  snprintf(real_time, sizeof(real_time), "%d", signo);
  return real_time;
}

UNUSED static void describe_status(const char* what, int status) {
  if (WIFEXITED(status)) tell("%s: exited with %d\n", what, WEXITSTATUS(status));
  if (WIFSIGNALED(status)) {
    tell("%s: killed by %s%s\n", what, signal_name(WTERMSIG(status)), WCOREDUMP(status) ? ", core dumped" : "");
  }
  if (WIFSTOPPED(status)) tell("%s: stopped by %s\n", what, signal_name(WSTOPSIG(status)));
  if (WIFCONTINUED(status)) tell("%s: continued\n", what);
}

UNUSED static void on(int signo, void (*handler)(int, siginfo_t*, void*), int flags) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
  MUST(sigaction(signo, &action, NULL));
}

UNUSED static void treat(int signo, void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler};
  MUST(sigaction(signo, &action, NULL));
}

UNUSED static sigset_t set_of(int signo) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signo);
  return set;
}

UNUSED static void* shared_memory(size_t size) {
  void* const memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  MUST((long)memory);
  return memory;
}

UNUSED static void breathe(void) {
  nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

// The line of /proc/PID/NAME that begins with `key`, behind it; the empty string when there is none.
UNUSED static char* proc_line(pid_t pid, const char* name, const char* key, char line[static 512]) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
  FILE* const file = fopen(path, "re");
  bool found = false;
  while (file != NULL && !found && fgets(line, 512, file) != NULL) found = strncmp(line, key, strlen(key)) == 0;
  if (file != NULL) fclose(file);
  if (!found) line[0] = '\0';
  return found ? line + strlen(key) : line;
}

UNUSED static char state_of(pid_t pid) {
  char line[512];
  const char* const state = proc_line(pid, "status", "State:\t", line);
  return state[0];
}

UNUSED static bool has_pending(pid_t pid) {
  char line[512];
  return strtoull(proc_line(pid, "status", "ShdPnd:\t", line), NULL, 16) != 0 ||
         strtoull(proc_line(pid, "status", "SigPnd:\t", line), NULL, 16) != 0;
}

// Whether the task sleeps in this very call. A tracer's stop at the call's entry is no sleep: asked last, the state
// says so.
UNUSED static bool sleeps_in(pid_t pid, long number) {
  char line[512];
  const char* const call = proc_line(pid, "syscall", "", line);
  if (call[0] < '0' || call[0] > '9' || strtol(call, NULL, 10) != number) return false;
  return state_of(pid) == 'S';
}
