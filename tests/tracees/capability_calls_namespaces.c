// SPDX-License-Identifier: Apache-2.0
// Cases about namespaces and what belongs to them: SYS_ADMIN, SYS_CHROOT beside it, CHECKPOINT_RESTORE instead.
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capability_calls.h"

static int leave_mounts(void) {
  return verdict(unshare(CLONE_NEWNS));
}

static int leave_host_name(void) {
  return verdict(unshare(CLONE_NEWUTS));
}

static int leave_objects(void) {
  return verdict(unshare(CLONE_NEWIPC));
}

static int leave_network(void) {
  return verdict(unshare(CLONE_NEWNET));
}

static int leave_processes(void) {
  return verdict(unshare(CLONE_NEWPID));
}

static int leave_groups(void) {
  return verdict(unshare(CLONE_NEWCGROUP));
}

static int leave_time(void) {
  return verdict(unshare(CLONE_NEWTIME));
}

static int leave_files(void) {
  return verdict(unshare(CLONE_FILES | CLONE_FS));
}

static int clone_with(unsigned long flags) {
  const long child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) _exit(0);
  if (child > 0) waitpid((pid_t)child, NULL, 0);
  return verdict(child);
}

static int clone_with_namespace(void) {
  return clone_with(CLONE_NEWUTS);
}

static int clone_without_flags(void) {
  return clone_with(0);
}

static int clone3_with(struct clone_args arguments) {
  arguments.exit_signal = SIGCHLD;
  const long child = syscall(SYS_clone3, &arguments, sizeof(arguments));
  if (child == 0) _exit(0);
  if (child > 0) waitpid((pid_t)child, NULL, 0);
  return verdict(child);
}

static int clone3_with_namespace(void) {
  return clone3_with((struct clone_args){.flags = CLONE_NEWIPC});
}

static int clone3_with_id(void) {
  const pid_t wanted = 4321;  // The pid namespace is a new one.
  return clone3_with((struct clone_args){.set_tid = (uintptr_t)&wanted, .set_tid_size = 1});
}

static int clone3_without_flags(void) {
  return clone3_with((struct clone_args){.flags = 0});
}

static int enter(const char* name, int type) {
  return verdict(setns(open(name, O_RDONLY), type));
}

static int enter_mounts(void) {
  return enter("/proc/self/ns/mnt", CLONE_NEWNS);
}

static int enter_network(void) {
  return enter("/proc/self/ns/net", CLONE_NEWNET);
}

static int enter_host_name(void) {
  return enter("/proc/self/ns/uts", 0);
}

static int enter_by_descriptor(void) {
  const int process = (int)syscall(SYS_pidfd_open, getpid(), 0);
  if (process < 0) return impossible("no pidfd_open");
  return verdict(setns(process, CLONE_NEWIPC));
}

static int name_host(void) {
  return verdict(sethostname("snug", 4));
}

static int name_domain(void) {
  return verdict(setdomainname("snug", 4));
}

static int name_host_by_file(void) {
  return verdict(write_text("/proc/sys/kernel/hostname", "snug"));
}

static int set_next_id(void) {
  return verdict(write_text("/proc/sys/kernel/ns_last_pid", "5000"));
}

static int open_mapped_file(void) {
  char path[128];
  unsigned long begin = 0, end = 0;
  FILE* maps = fopen("/proc/self/maps", "r");
  if (maps == NULL || fscanf(maps, "%lx-%lx", &begin, &end) != 2) return ODD;
  snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", begin, end);
  return verdict(open(path, O_RDONLY));
}

static const struct capability_case cases[] = {
    {"leave_mounts", "SYS_ADMIN", NULL, leave_mounts, NULL},
    {"leave_host_name", "SYS_ADMIN", NULL, leave_host_name, NULL},
    {"leave_objects", "SYS_ADMIN", NULL, leave_objects, NULL},
    {"leave_network", "SYS_ADMIN", NULL, leave_network, NULL},
    {"leave_processes", "SYS_ADMIN", NULL, leave_processes, NULL},
    {"leave_control_groups", "SYS_ADMIN", NULL, leave_groups, NULL},
    {"leave_time", "SYS_ADMIN", NULL, leave_time, NULL},
    {"leave_open_files", "-", NULL, leave_files, NULL},
    {"clone_with_namespace", "SYS_ADMIN", NULL, clone_with_namespace, NULL},
    {"clone_without_flags", "-", NULL, clone_without_flags, NULL},
    {"clone3_with_namespace", "SYS_ADMIN", NULL, clone3_with_namespace, NULL},
    {"clone3_with_id", "CHECKPOINT_RESTORE|SYS_ADMIN", NULL, clone3_with_id, NULL},
    {"clone3_without_flags", "-", NULL, clone3_without_flags, NULL},
    {"enter_mounts", "SYS_ADMIN&SYS_CHROOT", NULL, enter_mounts, NULL},
    {"enter_network", "SYS_ADMIN", NULL, enter_network, NULL},
    {"enter_host_name", "SYS_ADMIN", NULL, enter_host_name, NULL},
    {"enter_objects_by_descriptor", "SYS_ADMIN", NULL, enter_by_descriptor, NULL},
    {"name_host", "SYS_ADMIN", NULL, name_host, NULL},
    {"name_domain", "SYS_ADMIN", NULL, name_domain, NULL},
    {"name_host_by_file", "-", NULL, name_host_by_file, NULL},
    {"set_next_process_id", "CHECKPOINT_RESTORE|SYS_ADMIN", NULL, set_next_id, NULL},
    {"open_mapped_file", "CHECKPOINT_RESTORE|SYS_ADMIN", NULL, open_mapped_file, NULL},
};

const struct capability_table namespace_cases = TABLE(cases);
