// SPDX-License-Identifier: Apache-2.0
// Makes each call that the arguments name, NUMBER or NUMBER,ARGUMENT,…, and prints what the kernel answered, one a
// line.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    unsigned long words[7] = {0};
    char* rest = argv[i];
    for (int word = 0; word < 7 && *rest != '\0'; ++word) {
      words[word] = strtoul(rest, &rest, 0);
      if (*rest == ',') ++rest;
    }
    const long result = syscall((long)words[0], words[1], words[2], words[3], words[4], words[5], words[6]);
    printf("%ld\n", result < 0 ? -(long)errno : 0);
  }
  return 0;
}
