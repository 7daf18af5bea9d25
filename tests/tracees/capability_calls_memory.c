// SPDX-License-Identifier: Apache-2.0
// Cases about memory and limits: IPC_LOCK, SYS_RAWIO and SYS_RESOURCE.
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capability_calls.h"

#define PAGE 4096UL

static char* some_pages(void) {
  return mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void limit_locked(rlim_t bytes) {
  const struct rlimit limit = {bytes, bytes};
  must(setrlimit(RLIMIT_MEMLOCK, &limit), "setrlimit");
}

// Beyond the limit is no memory, where the limit is nothing nobody may.
static int lock_pages(rlim_t limit, size_t length) {
  char* pages = some_pages();
  limit_locked(limit);
  return verdict_of(mlock(pages, length), ENOMEM);
}

static int lock_without_limit(void) {
  return lock_pages(0, PAGE);
}

static int lock_above_limit(void) {
  return lock_pages(2 * PAGE, 4 * PAGE);
}

static int lock_within_limit(void) {
  return lock_pages(4 * PAGE, 2 * PAGE);
}

static int lock_on_fault(void) {
  char* pages = some_pages();
  limit_locked(0);
  return verdict(mlock2(pages, PAGE, MLOCK_ONFAULT));
}

static int lock_all(void) {
  limit_locked(8 * PAGE);
  return verdict_of(mlockall(MCL_CURRENT), ENOMEM);
}

static int map_locked(void) {
  limit_locked(0);
  const void* pages = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
  return verdict(pages == MAP_FAILED ? -1 : 0);
}

static int map_lowest_page(void) {
  if (read_number("/proc/sys/vm/mmap_min_addr", 0) <= 0) return impossible("vm.mmap_min_addr is 0");
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  return verdict(mmap(NULL, PAGE, PROT_READ, flags, -1, 0) == MAP_FAILED ? -1 : 0);
}

static int use_io_ports(void) {
  return verdict(syscall(SYS_ioperm, 0x80, 1, 1));
}

static int raise_limit(void) {
  const struct rlimit low = {64, 64};
  const struct rlimit high = {128, 128};
  must(setrlimit(RLIMIT_NOFILE, &low), "setrlimit");
  return verdict(setrlimit(RLIMIT_NOFILE, &high));
}

static int lower_limit(void) {
  const struct rlimit low = {64, 64};
  return verdict(setrlimit(RLIMIT_NOFILE, &low));
}

static int ask_for_limit(void) {
  struct rlimit limit;
  return verdict(prlimit(stranger(), RLIMIT_NOFILE, NULL, &limit));
}

static int ask_for_own_limit(void) {
  struct rlimit limit;
  return verdict(prlimit(0, RLIMIT_NOFILE, NULL, &limit));
}

static int widen_pipe(long size) {
  int ends[2];
  if (pipe(ends) != 0) return ODD;
  return verdict(fcntl(ends[0], F_SETPIPE_SZ, (int)size));
}

static int widen_pipe_above_limit(void) {
  return widen_pipe(2 * read_number("/proc/sys/fs/pipe-max-size", 1 << 20));
}

static int widen_pipe_within_limit(void) {
  return widen_pipe(2 * 65536);
}

static int be_spared(void) {
  return verdict(write_text("/proc/self/oom_score_adj", "-1000"));
}

static int offer_oneself(void) {
  return verdict(write_text("/proc/self/oom_score_adj", "1000"));
}

static int move_heap(void) {
  return verdict(prctl(PR_SET_MM, PR_SET_MM_BRK, sbrk(0), 0, 0));
}

static const struct capability_case cases[] = {
    {"lock_page_without_limit", "IPC_LOCK", NULL, lock_without_limit, NULL},
    {"lock_pages_above_limit", "IPC_LOCK", NULL, lock_above_limit, NULL},
    {"lock_pages_within_limit", "-", NULL, lock_within_limit, NULL},
    {"lock_page_on_fault", "IPC_LOCK", NULL, lock_on_fault, NULL},
    {"lock_all_pages", "IPC_LOCK", NULL, lock_all, NULL},
    {"map_locked_page", "IPC_LOCK", NULL, map_locked, NULL},
    {"map_lowest_page", "SYS_RAWIO", NULL, map_lowest_page, NULL},
    {"use_io_ports", "SYS_RAWIO", NULL, use_io_ports, NULL},
    {"raise_hard_limit", "SYS_RESOURCE", NULL, raise_limit, NULL},
    {"lower_hard_limit", "-", NULL, lower_limit, NULL},
    {"ask_for_limit_of_stranger", "SYS_RESOURCE", start_stranger, ask_for_limit, NULL},
    {"ask_for_own_limit", "-", NULL, ask_for_own_limit, NULL},
    {"widen_pipe_above_limit", "SYS_RESOURCE", NULL, widen_pipe_above_limit, NULL},
    {"widen_pipe_within_limit", "-", NULL, widen_pipe_within_limit, NULL},
    {"be_spared_when_memory_ends", "SYS_RESOURCE", NULL, be_spared, NULL},
    {"offer_oneself_when_memory_ends", "-", NULL, offer_oneself, NULL},
    {"move_heap", "SYS_RESOURCE", NULL, move_heap, NULL},
};

const struct capability_table memory_cases = TABLE(cases);
