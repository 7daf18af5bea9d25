// SPDX-License-Identifier: Apache-2.0
// What the cases of capability_calls share.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capability_calls.h"

int impossible(const char* reason) {
  fprintf(stderr, "not possible here: %s\n", reason);
  return IMPOSSIBLE;
}

int verdict(long result) {
  if (result >= 0) return DONE;
  if (errno == EPERM || errno == EACCES) return DENIED;
  if (errno == ENOSYS || errno == EOPNOTSUPP || errno == EAFNOSUPPORT) return impossible(strerror(errno));
  fprintf(stderr, "the call failed otherwise: %s\n", strerror(errno));
  return ODD;
}

int verdict_of(long result, int error) {
  return result < 0 && errno == error ? DENIED : verdict(result);
}

int effect(int had) {
  return had ? DONE : DENIED;
}

int is_older_than(int major, int minor) {
  struct utsname name;
  int here = 0, below = 0;
  must(uname(&name), "uname");
  must(sscanf(name.release, "%d.%d", &here, &below) == 2 ? 0 : -1, "reading the version of this kernel");
  return here < major || (here == major && below < minor);
}

void must(long result, const char* what) {
  if (result >= 0) return;
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(3);
}

void make_file(const char* name, uid_t owner, mode_t mode) {
  const int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
  must(file, name);
  must(write(file, "text\n", 5), name);
  must(fchown(file, owner, owner), name);
  must(fchmod(file, mode), name);
  close(file);
}

void make_folder(const char* name, uid_t owner, mode_t mode) {
  must(mkdir(name, 0700), name);
  must(chown(name, owner, owner), name);
  must(chmod(name, mode), name);
}

void copy_program(const char* from, const char* to, uid_t owner, mode_t mode) {
  const int source = open(from, O_RDONLY);
  must(source, from);
  const int copy = open(to, O_WRONLY | O_CREAT, 0600);
  must(copy, to);
  struct stat status;
  must(fstat(source, &status), from);
  must(sendfile(copy, source, NULL, (size_t)status.st_size), to);
  must(fchown(copy, owner, owner), to);
  must(fchmod(copy, mode), to);
  close(copy);
  close(source);
}

mode_t mode_of(const char* name) {
  struct stat status;
  must(lstat(name, &status), name);
  return status.st_mode & 07777;
}

long write_text(const char* name, const char* text) {
  const int file = open(name, O_WRONLY);
  if (file < 0) return -1;
  const long result = write(file, text, strlen(text));
  const int error = errno;
  close(file);
  errno = error;
  return result;
}

long read_number(const char* name, long otherwise) {
  char text[64] = "";
  const int file = open(name, O_RDONLY);
  if (file < 0) return otherwise;
  const long length = read(file, text, sizeof(text) - 1);
  close(file);
  return length > 0 ? strtol(text, NULL, 10) : otherwise;
}

int has_capability(int capability) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2];
  must(syscall(SYS_capget, &header, sets), "capget");
  return (int)(sets[capability / 32].effective >> capability % 32 & 1);
}

static char page[8192];

static void drop_capabilities(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[2];
  memset(none, 0, sizeof(none));
  must(syscall(SYS_capset, &header, none), "capset");
}

// It is dumpable and lets anybody trace it, as far as it has a say, so that only ids and capabilities decide. The
// alarm ends it should nobody else.
static void wait_for_the_end(int ready) {
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  for (int fd = 0; fd < 3; ++fd) dup2(open("/dev/null", O_RDWR), fd);
  alarm(60);
  must(write(ready, "r", 1), "telling that it is ready");
  for (;;) pause();
}

static void write_number(const char* name, unsigned long number) {
  FILE* file = fopen(name, "w");
  must(file == NULL ? -1 : 0, name);
  fprintf(file, "%lu\n", number);
  fclose(file);
}

static void start(uid_t user) {
  int ready[2];
  char word = 0;
  page[0] = 1;
  must(pipe(ready), "pipe");
  const pid_t pid = fork();
  must(pid, "fork");
  if (pid == 0) {
    must(setgroups(0, NULL), "setgroups");
    must(setresgid(user, user, user), "setresgid");
    must(setresuid(user, user, user), "setresuid");
    drop_capabilities();
    wait_for_the_end(ready[1]);
  }
  close(ready[1]);
  must(read(ready[0], &word, 1) == 1 ? 0 : -1, "waiting for the other process");
  close(ready[0]);
  write_number("pid", (unsigned long)pid);
  write_number("page", ((unsigned long)page + 4095) & ~4095UL);
}

void start_stranger(void) {
  start(STRANGER);
}

void start_peer(void) {
  start(0);
}

pid_t stranger(void) {
  return (pid_t)read_number("pid", 0);
}

unsigned long page_of_stranger(void) {
  return (unsigned long)read_number("page", 0);
}

int in_child(int (*work)(void)) {
  int status = 0;
  const pid_t child = fork();
  if (child == 0) _exit(work());
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return ODD;
  return WEXITSTATUS(status);
}
