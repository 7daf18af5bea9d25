// SPDX-License-Identifier: Apache-2.0
// under_filter FILE COMMAND ARGUMENT...: runs the command under the seccomp program in FILE, and nothing else: what
// a filter costs by itself.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char** argv) {
  static struct sock_filter instructions[BPF_MAXINSNS];
  if (argc < 3) return 2;
  const int file = open(argv[1], O_RDONLY);
  const ssize_t size = read(file, instructions, sizeof instructions);
  if (size <= 0) return perror(argv[1]), 1;
  close(file);
  const struct sock_fprog program = {(unsigned short)(size / (ssize_t)sizeof *instructions), instructions};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) != 0)
    return perror("seccomp"), 1;
  execvp(argv[2], argv + 2);
  return perror(argv[2]), 127;
}
