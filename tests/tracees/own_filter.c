// SPDX-License-Identifier: Apache-2.0
// Installs a seccomp filter of its own that refuses getppid with EACCES, then makes 3 getppid and, in a forked
// child, 2 more; then 1 getuid. With an argument it installs the filter with something in the halves of registers
// that the kernel ignores.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void ask_for_parent(int times) {
  for (int i = 0; i < times; ++i) syscall(SYS_getppid);
}

int main(int argc, char** argv) {
  (void)argv;
  const unsigned long ignored = argc > 1 ? 0xdeadbeef00000000UL : 0;
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {sizeof(program) / sizeof(program[0]), program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 1;
  if (syscall(SYS_seccomp, ignored | SECCOMP_SET_MODE_FILTER, ignored, &filter) != 0) return 1;
  ask_for_parent(3);
  const pid_t child = fork();
  if (child == 0) {
    ask_for_parent(2);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  syscall(SYS_getuid);
  return 0;
}
