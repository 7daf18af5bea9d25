// SPDX-License-Identifier: Apache-2.0
// Makes single system calls that need known capabilities, or none:
//
//   capability_calls list                      one line a case: its name, the capabilities, and remarks
//   capability_calls prepare CASE FOLDER       makes what the call needs, with all privileges
//   capability_calls act CASE FOLDER           makes the call
//   capability_calls with MASK act CASE FOLDER the same with no capabilities but those of a hexadecimal mask
//
// What act exits with is 0 if the call had its whole effect, 1 if that was denied, 77 with a reason if this machine
// cannot do it at all, 2 if something else happened, 3 for wrong usage. A case changes nothing outside of its
// folder and the namespaces (mount, network, UTS, IPC, pid) in which it is to be run.
#include "capability_calls.h"

#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct capability_table* const tables[] = {
    &ownership_cases, &permission_cases, &folder_cases,    &attribute_cases, &identity_cases, &mapping_cases,
    &set_cases,       &socket_cases,     &netlink_cases,   &process_cases,   &priority_cases, &memory_cases,
    &ipc_cases,       &mount_cases,      &namespace_cases, &system_cases,    &audit_cases,    &kernel_cases,
};

typedef void (*visitor)(const struct capability_case* one, void* data);

static void visit(visitor function, void* data) {
  for (size_t table = 0; table < sizeof(tables) / sizeof(tables[0]); ++table)
    for (size_t i = 0; i < tables[table]->count; ++i) function(&tables[table]->cases[i], data);
}

static void print(const struct capability_case* one, void* data) {
  (void)data;
  printf("%s\t%s\t%s\n", one->name, one->needs, one->remark == NULL ? "" : one->remark);
}

struct search {
  const char* name;
  const struct capability_case* found;
};

static void look(const struct capability_case* one, void* data) {
  struct search* search = data;
  if (strcmp(one->name, search->name) == 0) search->found = one;
}

static const struct capability_case* find(const char* name) {
  struct search search = {name, NULL};
  visit(look, &search);
  if (search.found == NULL) fprintf(stderr, "no case is called %s\n", name);
  return search.found;
}

// Leaves only the capabilities of `mask` to the program that is executed next, which for root gets all of its
// bounding set.
static int limit(unsigned long long mask) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2];
  if (syscall(SYS_capget, &header, sets) != 0) return -1;
  sets[0].inheritable = sets[1].inheritable = 0;
  if (syscall(SYS_capset, &header, sets) != 0) return -1;
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if ((mask >> capability & 1) != 0) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return -1;
  }
  return 0;
}

static int act_with(const char* mask, char** words) {
  if (limit(strtoull(mask, NULL, 16)) != 0) {
    perror("cannot drop capabilities");
    return 3;
  }
  execv("/proc/self/exe", words);
  perror("cannot execute itself");
  return 3;
}

// Whether this is the pid namespace that the machine started with, whose number is fixed.
static int is_in_initial_namespace(void) {
  char name[32] = "";
  must(readlink("/proc/self/ns/pid", name, sizeof(name) - 1), "asking for the pid namespace");
  return strcmp(name, "pid:[4026531836]") == 0;
}

// Keeps whoever tries a case by hand from doing so outside of namespaces.
static int refuse(const struct capability_case* one) {
  const int initial = is_in_initial_namespace();
  const int wanted = one->remark != NULL && strcmp(one->remark, INITIAL) == 0;
  if (wanted && !initial) return impossible("this is not the initial pid namespace");
  if (wanted || !initial) return 0;
  fputs("cases run in namespaces of their own: unshare --mount --net --uts --ipc --pid --fork --mount-proc\n",
        stderr);
  return 3;
}

static int run(const char* what, const char* name, const char* folder) {
  const struct capability_case* one = find(name);
  if (one == NULL) return 3;
  const int refused = refuse(one);
  if (refused != 0) return refused;
  // A copy that is executed with another effective id returns to its own, which may enter the folder.
  if (geteuid() != getuid()) must(setresuid((uid_t)-1, getuid(), (uid_t)-1), "returning to the own id");
  must(chdir(folder), "entering the folder");
  if (strcmp(what, "act") == 0) return one->act();
  if (one->prepare != NULL) one->prepare();
  return 0;
}

int main(int argc, char** argv) {
  umask(022);
  if (argc == 2 && strcmp(argv[1], "list") == 0) {
    visit(print, NULL);
    return 0;
  }
  if (argc == 6 && strcmp(argv[1], "with") == 0) {
    char* words[] = {argv[0], argv[3], argv[4], argv[5], NULL};
    return act_with(argv[2], words);
  }
  if (argc == 4 && (strcmp(argv[1], "prepare") == 0 || strcmp(argv[1], "act") == 0))
    return run(argv[1], argv[2], argv[3]);
  fputs("usage: capability_calls list | prepare CASE FOLDER | [with MASK] act CASE FOLDER\n", stderr);
  return 3;
}
