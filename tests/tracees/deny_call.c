// SPDX-License-Identifier: Apache-2.0
// Runs a command that cannot make one system call:
//
//   deny_call NUMBER ERRNO [INDEX VALUE] -- COMMAND [ARGUMENT...]
//
// Call NUMBER of this machine's own ABI fails with ERRNO, if INDEX is given only where argument INDEX has the
// 32-bit VALUE. Exits 125 when it cannot do so, 127 when the command cannot be run.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

static void usage(void) {
  fputs("usage: deny_call NUMBER ERRNO [INDEX VALUE] -- COMMAND [ARGUMENT...]\n", stderr);
  exit(125);
}

static unsigned number_of(const char* word) {
  char* end = NULL;
  errno = 0;
  const unsigned long value = strtoul(word, &end, 0);
  if (errno != 0 || end == word || *end != '\0' || value > 0xffffffffUL) usage();
  return (unsigned)value;
}

// The low half of argument `index`: both ABIs are little-endian.
static unsigned offset_of_argument(unsigned index) {
  if (index > 5) usage();
  return (unsigned)offsetof(struct seccomp_data, args) + index * (unsigned)sizeof(__u64);
}

// Fails as the kernel does: without CAP_SYS_ADMIN a filter takes no_new_privs, with it the command keeps its
// setuid.
static int install(struct sock_filter* filter, unsigned short length) {
  const struct sock_fprog program = {length, filter};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0) return 0;
  if (errno != EACCES || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

int main(int argc, char** argv) {
  int separator = 1;
  while (separator < argc && strcmp(argv[separator], "--") != 0) ++separator;
  if ((separator != 3 && separator != 5) || separator + 1 >= argc) usage();

  const unsigned number = number_of(argv[1]);
  const unsigned failure = number_of(argv[2]);
  // Without an argument to compare, the call's number is compared twice.
  const unsigned place =
      separator == 5 ? offset_of_argument(number_of(argv[3])) : offsetof(struct seccomp_data, nr);
  const unsigned value = separator == 5 ? number_of(argv[4]) : number;
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 0, 5),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, place),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (failure & SECCOMP_RET_DATA)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  if (install(filter, sizeof(filter) / sizeof(filter[0])) != 0) {
    perror("deny_call: cannot install the filter");
    return 125;
  }
  execvp(argv[separator + 1], argv + separator + 1);
  perror("deny_call: cannot run the command");
  return 127;
}
