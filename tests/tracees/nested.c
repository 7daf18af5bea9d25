// SPDX-License-Identifier: Apache-2.0
// Makes one getsid from a known nest of functions: main, outermost, middle, innermost.
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

long innermost(void);
long middle(void);
long outermost(void);

__attribute__((noinline)) long innermost(void) {
  return syscall(SYS_getsid, 0) + 1;
}
__attribute__((noinline)) long middle(void) {
  return innermost() + 1;
}
__attribute__((noinline)) long outermost(void) {
  return middle() + 1;
}

int main(void) {
  return outermost() == 0;
}
