// SPDX-License-Identifier: Apache-2.0
// A parent in vfork(2), which cannot be stopped, until a line comes for its child: the child then ends, and the
// parent exits with 5. The child prints "ready".
#include "observed.h"

int main(void) {
  char line;
  const pid_t child = vfork();
  MUST(child);
  if (child == 0) {
    if (write(STDOUT_FILENO, "ready\n", 6) != 6 || read(STDIN_FILENO, &line, 1) != 1) _exit(1);
    _exit(0);
  }
  int status = 0;
  MUST(waitpid(child, &status, 0));
  return status == 0 ? 5 : 1;
}
