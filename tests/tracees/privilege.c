// SPDX-License-Identifier: Apache-2.0
// Makes 1 geteuid and 1 capget, then 1 getpgrp if it has root's user id and 1 gettid if it has
// CAP_NET_BIND_SERVICE.
#include "tasks.h"

#define SYS_capget 125
#define CAPABILITY_VERSION_3 0x20080522
#define CAP_NET_BIND_SERVICE 10

void run(long argc, char** argv) {
  (void)argc;
  (void)argv;
  struct {
    unsigned version;
    int pid;
  } header = {CAPABILITY_VERSION_3, 0};
  struct {
    unsigned effective, permitted, inheritable;
  } sets[2] = {{0, 0, 0}, {0, 0, 0}};
  const long user = call0(SYS_geteuid);
  call3(SYS_capget, &header, sets, 0);
  if (user == 0) call0(SYS_getpgrp);
  if ((sets[0].effective & (1U << CAP_NET_BIND_SERVICE)) != 0) call0(SYS_gettid);
  end_process(0);
}
