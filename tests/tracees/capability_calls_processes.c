// SPDX-License-Identifier: Apache-2.0
// Cases about other processes: KILL, SYS_PTRACE, and PERFMON where it stands in for that.
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capability_calls.h"

#define ALLOWS_TRACING "PERFMON|SYS_ADMIN|SYS_PTRACE"  // to read memory maps and the like, since Linux 6.15

static int probe_stranger(void) {
  return verdict(kill(stranger(), 0));
}

static int end_stranger(void) {
  return verdict(kill(stranger(), SIGTERM));
}

// Processes of one session may continue each other.
static int continue_stranger(void) {
  return verdict(kill(stranger(), SIGCONT));
}

static int signal_thread_of_stranger(void) {
  return verdict(syscall(SYS_tgkill, stranger(), stranger(), SIGUSR1));
}

static int queue_signal_to_stranger(void) {
  siginfo_t info;
  memset(&info, 0, sizeof(info));
  info.si_code = SI_QUEUE;
  return verdict(syscall(SYS_rt_sigqueueinfo, stranger(), SIGUSR1, &info));
}

static int signal_stranger_by_descriptor(void) {
  const int process = (int)syscall(SYS_pidfd_open, stranger(), 0);
  if (process < 0) return impossible("no pidfd_open");
  return verdict(syscall(SYS_pidfd_send_signal, process, SIGUSR1, NULL, 0));
}

static int open_stranger(void) {
  return verdict(syscall(SYS_pidfd_open, stranger(), 0));
}

static pid_t own_child(void) {
  const pid_t child = fork();
  if (child == 0)
    for (;;) pause();
  return child;
}

static int end_child(void) {
  return verdict(kill(own_child(), SIGKILL));
}

static int finish(pid_t child, int result) {
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  return result;
}

static int trace_stranger(void) {
  return verdict(ptrace(PTRACE_ATTACH, stranger(), NULL, NULL));
}

static int seize_stranger(void) {
  return verdict(ptrace(PTRACE_SEIZE, stranger(), NULL, NULL));
}

static int read_memory(pid_t process, unsigned long address) {
  char byte = 0;
  const struct iovec local = {&byte, 1};
  const struct iovec remote = {(void*)address, 1};
  return verdict(process_vm_readv(process, &local, 1, &remote, 1, 0));
}

static int read_stranger(void) {
  return read_memory(stranger(), page_of_stranger());
}

static int write_stranger(void) {
  char byte = 1;
  const struct iovec local = {&byte, 1};
  const struct iovec remote = {(void*)page_of_stranger(), 1};
  return verdict(process_vm_writev(stranger(), &local, 1, &remote, 1, 0));
}

static int read_child(void) {
  static char byte;
  const pid_t child = own_child();
  return finish(child, read_memory(child, (unsigned long)&byte));
}

static int compare_with(pid_t process) {
  return verdict(syscall(SYS_kcmp, getpid(), process, KCMP_VM, 0, 0));
}

static int compare_with_stranger(void) {
  return compare_with(stranger());
}

static int compare_with_child(void) {
  const pid_t child = own_child();
  return finish(child, compare_with(child));
}

static int take_descriptor(void) {
  const int process = (int)syscall(SYS_pidfd_open, stranger(), 0);
  if (process < 0) return impossible("no pidfd_open");
  return verdict(syscall(SYS_pidfd_getfd, process, 0, 0));
}

static int ask_for_robust_list(void) {
  void* head = NULL;
  size_t length = 0;
  return verdict(syscall(SYS_get_robust_list, stranger(), &head, &length));
}

static const char* path_of(pid_t process, const char* name) {
  static char path[64];
  snprintf(path, sizeof(path), "/proc/%d/%s", process, name);
  return path;
}

static int read_link(const char* name) {
  char target[256];
  return verdict(readlink(path_of(stranger(), name), target, sizeof(target)));
}

static int read_program(void) {
  return read_link("exe");
}

static int read_working_directory(void) {
  return read_link("cwd");
}

static int read_namespace(void) {
  return read_link("ns/net");
}

static int follow_root(void) {
  struct stat status;
  return verdict(stat(path_of(stranger(), "root/"), &status));
}

static int open_of_stranger(const char* name, int flags) {
  return verdict(open(path_of(stranger(), name), flags));
}

static int open_environment(void) {
  if (is_older_than(6, 15)) return impossible("Linux is older than 6.15");
  return open_of_stranger("environ", O_RDONLY);
}

static int open_maps(void) {
  if (is_older_than(6, 15)) return impossible("Linux is older than 6.15");
  return open_of_stranger("maps", O_RDONLY);
}

static int open_memory(void) {
  return open_of_stranger("mem", O_RDWR);
}

static int open_status(void) {
  return open_of_stranger("status", O_RDONLY);
}

static int list_descriptors(void) {
  return open_of_stranger("fd", O_RDONLY | O_DIRECTORY);
}

// The files that others may not open are those whose content is asked for when it is read.
static int read_counters(const char* name) {
  char text[512];
  const int file = open(path_of(stranger(), name), O_RDONLY);
  return verdict(file < 0 ? -1 : read(file, text, sizeof(text)));
}

static int read_io(void) {
  return read_counters("io");
}

static int read_command_line(void) {
  return read_counters("cmdline");
}

static int open_maps_of_child(void) {
  const pid_t child = own_child();
  return finish(child, verdict(open(path_of(child, "maps"), O_RDONLY)));
}

static int handle_faults_of_kernel(void) {
  if (read_number("/proc/sys/vm/unprivileged_userfaultfd", 1) != 0)
    return impossible("no userfaultfd, or vm.unprivileged_userfaultfd is 1");
  return verdict(syscall(SYS_userfaultfd, 0));
}

static int handle_own_faults(void) {
  return verdict(syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY));
}

static const struct capability_case cases[] = {
    {"probe_stranger", "KILL", start_stranger, probe_stranger, NULL},
    {"end_stranger", "KILL", start_stranger, end_stranger, NULL},
    {"continue_stranger", "-", start_stranger, continue_stranger, NULL},
    {"signal_thread_of_stranger", "KILL", start_stranger, signal_thread_of_stranger, NULL},
    {"queue_signal_to_stranger", "KILL", start_stranger, queue_signal_to_stranger, NULL},
    {"signal_stranger_by_descriptor", "KILL", start_stranger, signal_stranger_by_descriptor, NULL},
    {"open_descriptor_of_stranger", "-", start_stranger, open_stranger, NULL},
    {"end_peer", "-", start_peer, end_stranger, NULL},
    {"end_child", "-", NULL, end_child, NULL},
    {"trace_stranger", "SYS_PTRACE", start_stranger, trace_stranger, NULL},
    {"seize_stranger", "SYS_PTRACE", start_stranger, seize_stranger, NULL},
    {"trace_peer", "-", start_peer, trace_stranger, NULL},
    {"read_memory_of_stranger", "SYS_PTRACE", start_stranger, read_stranger, NULL},
    {"write_memory_of_stranger", "SYS_PTRACE", start_stranger, write_stranger, NULL},
    {"read_memory_of_child", "-", NULL, read_child, NULL},
    {"compare_with_stranger", "SYS_PTRACE", start_stranger, compare_with_stranger, NULL},
    {"compare_with_child", "-", NULL, compare_with_child, NULL},
    {"take_descriptor_of_stranger", "SYS_PTRACE", start_stranger, take_descriptor, NULL},
    {"ask_for_robust_list_of_stranger", "SYS_PTRACE", start_stranger, ask_for_robust_list, NULL},
    {"read_program_of_stranger", "SYS_PTRACE", start_stranger, read_program, NULL},
    {"read_working_directory_of_stranger", "SYS_PTRACE", start_stranger, read_working_directory, NULL},
    {"read_namespace_of_stranger", "SYS_PTRACE", start_stranger, read_namespace, NULL},
    {"follow_root_of_stranger", "SYS_PTRACE", start_stranger, follow_root, NULL},
    {"open_environment_of_stranger", "DAC_READ_SEARCH|DAC_OVERRIDE&" ALLOWS_TRACING, start_stranger,
     open_environment, NULL},
    {"open_maps_of_stranger", ALLOWS_TRACING, start_stranger, open_maps, NULL},
    {"open_memory_of_stranger", "DAC_OVERRIDE&SYS_PTRACE", start_stranger, open_memory, NULL},
    {"open_status_of_stranger", "-", start_stranger, open_status, NULL},
    {"list_descriptors_of_stranger", "DAC_READ_SEARCH|DAC_OVERRIDE", start_stranger, list_descriptors, NULL},
    {"read_io_of_stranger", "DAC_READ_SEARCH|DAC_OVERRIDE&SYS_PTRACE", start_stranger, read_io, NULL},
    {"read_command_line_of_stranger", "-", start_stranger, read_command_line, NULL},
    {"open_maps_of_child", "-", NULL, open_maps_of_child, NULL},
    {"handle_faults_of_kernel", "SYS_PTRACE", NULL, handle_faults_of_kernel, NULL},
    {"handle_own_faults", "-", NULL, handle_own_faults, NULL},
};

const struct capability_table process_cases = TABLE(cases);
