// SPDX-License-Identifier: Apache-2.0
// Makes 2 calls of the number 999, which no table names.
#include "nolibc.h"

void run(long argc, char** argv) {
  (void)argc;
  (void)argv;
  repeat(999, 2);
  end_process(0);
}
