// SPDX-License-Identifier: Apache-2.0
// Cases about who runs first and where: SYS_NICE.
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "capability_calls.h"

#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_OF(class, level) ((class) << 13 | (level))
#define REAL_TIME 1
#define BEST_EFFORT 2
#define MOVE_ALL_PAGES 4  // MPOL_MF_MOVE_ALL

// The first version of what sched_setattr takes, which not every C library declares.
struct attributes {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};

// What the limits permit needs no capability.
static void forbid_by_limit(__rlimit_resource_t resource) {
  const struct rlimit none = {0, 0};
  must(setrlimit(resource, &none), "setrlimit");
}

static int raise_own(void) {
  forbid_by_limit(RLIMIT_NICE);
  return verdict(setpriority(PRIO_PROCESS, 0, -5));
}

static int lower_own(void) {
  return verdict(setpriority(PRIO_PROCESS, 0, 5));
}

static int raise_own_by_attributes(void) {
  const struct attributes attributes = {.size = sizeof(attributes), .nice = -1};
  forbid_by_limit(RLIMIT_NICE);
  return verdict(syscall(SYS_sched_setattr, 0, &attributes, 0));
}

static int lower_stranger(void) {
  return verdict(setpriority(PRIO_PROCESS, (id_t)stranger(), 5));
}

static int ask_for_priority(void) {
  errno = 0;
  getpriority(PRIO_PROCESS, (id_t)stranger());
  return verdict(errno == 0 ? 0 : -1);
}

static int run_in_real_time(void) {
  const struct sched_param parameters = {1};
  forbid_by_limit(RLIMIT_RTPRIO);
  return verdict(sched_setscheduler(0, SCHED_FIFO, &parameters));
}

static int run_in_batches(void) {
  const struct sched_param parameters = {0};
  return verdict(sched_setscheduler(0, SCHED_BATCH, &parameters));
}

static int run_stranger_in_batches(void) {
  const struct sched_param parameters = {0};
  return verdict(sched_setscheduler(stranger(), SCHED_BATCH, &parameters));
}

static int pin(pid_t process) {
  cpu_set_t processors;
  must(sched_getaffinity(0, sizeof(processors), &processors), "sched_getaffinity");
  return verdict(sched_setaffinity(process, sizeof(processors), &processors));
}

static int pin_own(void) {
  return pin(0);
}

static int pin_stranger(void) {
  return pin(stranger());
}

static int read_in_real_time(void) {
  return verdict(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_OF(REAL_TIME, 4)));
}

static int read_later(void) {
  return verdict(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_OF(BEST_EFFORT, 7)));
}

static int let_stranger_read_later(void) {
  return verdict(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, stranger(), IOPRIO_OF(BEST_EFFORT, 7)));
}

// With no pages, which only shows whether it would be permitted.
static int move_pages(pid_t process, int flags) {
  return verdict(syscall(SYS_move_pages, process, 0, NULL, NULL, NULL, flags));
}

static int move_shared_pages(void) {
  return move_pages(0, MOVE_ALL_PAGES);
}

static int ask_for_pages_of_stranger(void) {
  return move_pages(stranger(), 0);
}

static int ask_for_own_pages(void) {
  return move_pages(0, 0);
}

static int advise_stranger(void) {
  const struct iovec page = {(void*)page_of_stranger(), 4096};
  const int process = (int)syscall(SYS_pidfd_open, stranger(), 0);
  if (process < 0) return impossible("no pidfd_open");
  if (is_older_than(6, 15)) return impossible("Linux is older than 6.15");
  return verdict(syscall(SYS_process_madvise, process, &page, 1, MADV_COLD, 0));
}

static const struct capability_case cases[] = {
    {"raise_own_priority", "SYS_NICE", NULL, raise_own, NULL},
    {"lower_own_priority", "-", NULL, lower_own, NULL},
    {"raise_own_priority_by_attributes", "SYS_NICE", NULL, raise_own_by_attributes, NULL},
    {"lower_priority_of_stranger", "SYS_NICE", start_stranger, lower_stranger, NULL},
    {"lower_priority_of_peer", "-", start_peer, lower_stranger, NULL},
    {"ask_for_priority_of_stranger", "-", start_stranger, ask_for_priority, NULL},
    {"run_in_real_time", "SYS_NICE", NULL, run_in_real_time, NULL},
    {"run_in_batches", "-", NULL, run_in_batches, NULL},
    {"run_stranger_in_batches", "SYS_NICE", start_stranger, run_stranger_in_batches, NULL},
    {"pin_stranger", "SYS_NICE", start_stranger, pin_stranger, NULL},
    {"pin_own", "-", NULL, pin_own, NULL},
    {"read_in_real_time", "SYS_NICE|SYS_ADMIN", NULL, read_in_real_time, NULL},
    {"read_later", "-", NULL, read_later, NULL},
    {"let_stranger_read_later", "SYS_NICE", start_stranger, let_stranger_read_later, NULL},
    {"move_shared_pages", "SYS_NICE", NULL, move_shared_pages, NULL},
    {"ask_for_pages_of_stranger", "SYS_PTRACE", start_stranger, ask_for_pages_of_stranger, NULL},
    {"ask_for_own_pages", "-", NULL, ask_for_own_pages, NULL},
    {"advise_stranger", "SYS_NICE&PERFMON|SYS_ADMIN|SYS_PTRACE", start_stranger, advise_stranger, NULL},
};

const struct capability_table priority_cases = TABLE(cases);
