// SPDX-License-Identifier: Apache-2.0
// Cases about programs and counters inside the kernel: BPF, PERFMON, and SYS_ADMIN instead of either or alone.
#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capability_calls.h"

static long bpf(int command, union bpf_attr* attributes) {
  return syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

// What may be made without BPF depends on a sysctl; this may never.
static int make_map(void) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof(attributes));
  attributes.map_type = BPF_MAP_TYPE_LRU_HASH;
  attributes.key_size = attributes.value_size = 4;
  attributes.max_entries = 1;
  return verdict(bpf(BPF_MAP_CREATE, &attributes));
}

static int load_program(unsigned type) {
  // r0 = 0; exit
  const struct bpf_insn program[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof(attributes));
  attributes.prog_type = type;
  attributes.insns = (uintptr_t)program;
  attributes.insn_cnt = 2;
  attributes.license = (uintptr_t) "GPL";
  return verdict(bpf(BPF_PROG_LOAD, &attributes));
}

static int load_tracing_program(void) {
  return load_program(BPF_PROG_TYPE_TRACEPOINT);
}

static int load_network_program(void) {
  return load_program(BPF_PROG_TYPE_XDP);
}

static int count_programs(void) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof(attributes));
  attributes.enable_stats.type = BPF_STATS_RUN_TIME;
  return verdict(bpf(BPF_ENABLE_STATS, &attributes));
}

static int count_clock(pid_t process, int processor, unsigned without_kernel) {
  struct perf_event_attr attributes;
  memset(&attributes, 0, sizeof(attributes));
  attributes.size = sizeof(attributes);
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_TASK_CLOCK;
  attributes.exclude_kernel = without_kernel & 1;
  attributes.exclude_hv = 1;
  return verdict(syscall(SYS_perf_event_open, &attributes, process, processor, -1, 0));
}

static int level(void) {
  return (int)read_number("/proc/sys/kernel/perf_event_paranoid", 4);
}

static int count_kernel(void) {
  if (level() < 2) return impossible("kernel.perf_event_paranoid is less than 2");
  return count_clock(0, -1, 0);
}

static int count_processor(void) {
  if (level() < 1) return impossible("kernel.perf_event_paranoid is less than 1");
  return count_clock(-1, 0, 1);
}

static int count_own(void) {
  if (level() > 2) return impossible("kernel.perf_event_paranoid is more than 2");
  return count_clock(0, -1, 1);
}

static int count_stranger(void) {
  if (level() > 2) return impossible("kernel.perf_event_paranoid is more than 2");
  return count_clock(stranger(), -1, 1);
}

static int filter_calls(void) {
  struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const struct sock_fprog filter = {1, &all};
  return verdict(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter));
}

static int filter_calls_after_promise(void) {
  must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl");
  return filter_calls();
}

static int filter_calls_by_prctl(void) {
  struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const struct sock_fprog filter = {1, &all};
  return verdict(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter));
}

static const struct capability_case cases[] = {
    {"make_bpf_map", "BPF|SYS_ADMIN", NULL, make_map, NULL},
    {"load_tracing_program", "BPF|SYS_ADMIN&PERFMON|SYS_ADMIN", NULL, load_tracing_program, NULL},
    {"load_network_program", "BPF|SYS_ADMIN&NET_ADMIN|SYS_ADMIN", NULL, load_network_program, NULL},
    {"count_bpf_programs", "SYS_ADMIN", NULL, count_programs, NULL},
    {"count_kernel", "PERFMON|SYS_ADMIN", NULL, count_kernel, NULL},
    {"count_processor", "PERFMON|SYS_ADMIN", NULL, count_processor, NULL},
    {"count_own_work", "-", NULL, count_own, NULL},
    {"count_work_of_stranger", "PERFMON|SYS_ADMIN|SYS_PTRACE", start_stranger, count_stranger, NULL},
    {"filter_calls", "SYS_ADMIN", NULL, filter_calls, NULL},
    {"filter_calls_after_promise", "-", NULL, filter_calls_after_promise, NULL},
    {"filter_calls_by_prctl", "SYS_ADMIN", NULL, filter_calls_by_prctl, NULL},
};

const struct capability_table kernel_cases = TABLE(cases);
