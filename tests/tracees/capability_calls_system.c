// SPDX-License-Identifier: Apache-2.0
// Cases about the machine as a whole. Each sets what it finds, or asks for what is refused for another reason.
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/random.h>
#include <linux/reboot.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "capability_calls.h"

static int set_clock(void) {
  struct timespec now;
  must(clock_gettime(CLOCK_REALTIME, &now), "clock_gettime");
  return verdict(clock_settime(CLOCK_REALTIME, &now));
}

static int set_time_of_day(void) {
  struct timeval now;
  must(gettimeofday(&now, NULL), "gettimeofday");
  return verdict(settimeofday(&now, NULL));
}

static int adjust_clock(void) {
  struct timex state = {.modes = 0};
  must(adjtimex(&state), "adjtimex");
  state.modes = ADJ_TICK;
  return verdict(adjtimex(&state));
}

static int ask_for_clock_state(void) {
  struct timex state = {.modes = 0};
  return verdict(adjtimex(&state));
}

// It is refused for its magic number even to those who may.
static int reboot_with_wrong_magic(void) {
  const long result = syscall(SYS_reboot, 0, 0, LINUX_REBOOT_CMD_RESTART, NULL);
  return result < 0 && errno == EINVAL ? DONE : verdict(result);
}

// Which it already is: accounting belongs to a pid namespace, and that is a new one.
static int turn_accounting_off(void) {
  return verdict(acct(NULL));
}

// What is no module is refused to those who may load one, too.
static int load_nothing(void) {
  const long result = syscall(SYS_init_module, "", 0, "");
  return result < 0 && errno == ENOEXEC ? DONE : verdict(result);
}

static int hang_up(void) {
  return verdict(vhangup());
}

// In a session of its own, which has no terminal.
static int hang_up_own_session(void) {
  if (setsid() < 0) return ODD;
  return hang_up();
}

static int hang_up_nothing(void) {
  return in_child(hang_up_own_session);
}

static int measure_log(void) {
  return verdict(syscall(SYS_syslog, 9, NULL, 0));
}

static int needs_restricted_log(void) {
  return read_number("/proc/sys/kernel/dmesg_restrict", 0) != 0;
}

static int read_log(void) {
  char text[16];
  if (!needs_restricted_log()) return impossible("kernel.dmesg_restrict is 0");
  return verdict(syscall(SYS_syslog, 3, text, sizeof(text)));
}

static int open_log_device(void) {
  if (!needs_restricted_log()) return impossible("kernel.dmesg_restrict is 0");
  return verdict(open("/dev/kmsg", O_RDONLY));
}

static int open_log_file(void) {
  return verdict(open("/proc/kmsg", O_RDONLY));
}

// Addresses are all zero to those who may not see them.
static int read_symbols(void) {
  const long restriction = read_number("/proc/sys/kernel/kptr_restrict", 0);
  if (restriction > 1) return impossible("kernel.kptr_restrict hides symbols from everybody");
  if (restriction == 0 && read_number("/proc/sys/kernel/perf_event_paranoid", 2) < 2)
    return impossible("kernel.perf_event_paranoid and kernel.kptr_restrict show symbols to everybody");
  unsigned long address = 0;
  char line[256];
  FILE* symbols = fopen("/proc/kallsyms", "r");
  if (symbols == NULL) return impossible("no /proc/kallsyms");
  for (int i = 0; i < 64 && address == 0 && fgets(line, sizeof(line), symbols) != NULL; ++i)
    if (strchr(line, 'T') != NULL) sscanf(line, "%lx", &address);
  return effect(address != 0);
}

static int wake_by_timer_descriptor(void) {
  return verdict(timerfd_create(CLOCK_BOOTTIME_ALARM, 0));
}

static int wake_by_timer(void) {
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_NONE};
  return verdict(timer_create(CLOCK_REALTIME_ALARM, &event, &timer));
}

static int make_timer(void) {
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_NONE};
  return verdict(timer_create(CLOCK_MONOTONIC, &event, &timer));
}

// The flag is taken away from those who may not, and from everybody on a kernel that never sleeps.
static int stay_awake(void) {
  char path[64], line[256];
  int ends[2], kept = 0;
  struct epoll_event event = {.events = EPOLLIN | EPOLLWAKEUP};
  const int file = epoll_create1(0);
  if (pipe(ends) != 0 || epoll_ctl(file, EPOLL_CTL_ADD, ends[0], &event) != 0) return ODD;
  snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", file);
  FILE* info = fopen(path, "r");
  while (info != NULL && fgets(line, sizeof(line), info) != NULL) {
    unsigned events = 0;
    const char* found = strstr(line, "events:");
    if (found != NULL && sscanf(found, "events: %x", &events) == 1) kept = (events & EPOLLWAKEUP) != 0;
  }
  if (!kept && has_capability(CAP_BLOCK_SUSPEND)) return impossible("this kernel never sleeps");
  return effect(kept);
}

static int credit_entropy(void) {
  int bits = 0;
  return verdict(ioctl(open("/dev/random", O_RDWR), RNDADDTOENTCNT, &bits));
}

static int ask_for_entropy(void) {
  int bits = 0;
  return verdict(ioctl(open("/dev/random", O_RDONLY), RNDGETENTCNT, &bits));
}

static int set_name(void) {
  return verdict(prctl(PR_SET_NAME, "snug", 0, 0, 0));
}

static const struct capability_case cases[] = {
    {"set_clock", "SYS_TIME", NULL, set_clock, NULL},
    {"set_time_of_day", "SYS_TIME", NULL, set_time_of_day, NULL},
    {"adjust_clock", "SYS_TIME", NULL, adjust_clock, NULL},
    {"ask_for_clock_state", "-", NULL, ask_for_clock_state, NULL},
    {"reboot_with_wrong_magic", "SYS_BOOT", NULL, reboot_with_wrong_magic, PROBE},
    {"load_nothing_as_module", "SYS_MODULE", NULL, load_nothing, PROBE},
    {"turn_accounting_off", "SYS_PACCT", NULL, turn_accounting_off, NULL},
    {"hang_up", "SYS_TTY_CONFIG", NULL, hang_up_nothing, NULL},
    {"measure_log", "SYSLOG", NULL, measure_log, NULL},
    {"read_log", "SYSLOG", NULL, read_log, NULL},
    {"open_log_device", "SYSLOG", NULL, open_log_device, NULL},
    {"open_log_file", "SYSLOG", NULL, open_log_file, NULL},
    {"read_kernel_symbols", "SYSLOG", NULL, read_symbols, NULL},
    {"wake_by_timer_descriptor", "WAKE_ALARM", NULL, wake_by_timer_descriptor, NULL},
    {"wake_by_timer", "WAKE_ALARM", NULL, wake_by_timer, NULL},
    {"make_timer", "-", NULL, make_timer, NULL},
    {"stay_awake", "BLOCK_SUSPEND", NULL, stay_awake, NULL},
    {"credit_entropy", "SYS_ADMIN", NULL, credit_entropy, NULL},
    {"ask_for_entropy", "-", NULL, ask_for_entropy, NULL},
    {"set_name_of_thread", "-", NULL, set_name, NULL},
};

const struct capability_table system_cases = TABLE(cases);
