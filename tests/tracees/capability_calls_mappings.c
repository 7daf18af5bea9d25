// SPDX-License-Identifier: Apache-2.0
// Cases about user namespaces: who may map which ids into one, and what is free inside of one's own.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capability_calls.h"

// Writes `text` into a file of a child that is in a user namespace of its own.
static int write_for_child(const char* name, const char* text) {
  char path[64];
  const long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
  if (child < 0) return impossible("no user namespaces");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    for (;;) pause();
  }
  snprintf(path, sizeof(path), "/proc/%ld/%s", child, name);
  const int result = verdict(write_text(path, text));
  kill((pid_t)child, SIGKILL);
  return result;
}

static int map_foreign_user(void) {
  return write_for_child("uid_map", "0 54321 1\n");
}

static int map_many_users(void) {
  return write_for_child("uid_map", "0 100000 65536\n");
}

static int map_root_for_child(void) {
  return write_for_child("uid_map", "0 0 1\n");
}

static int map_foreign_group(void) {
  return write_for_child("gid_map", "0 54321 1\n");
}

static int map_own_group_with_setgroups(void) {
  return write_for_child("gid_map", "0 0 1\n");
}

static int enter(int flags) {
  if (read_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0) != 0)
    return impossible("kernel.apparmor_restrict_unprivileged_userns leaves a user namespace without privileges");
  return unshare(CLONE_NEWUSER | flags) == 0 ? DONE : impossible("no user namespaces");
}

static int map_root(void) {
  const int result = enter(0);
  return result == DONE ? verdict(write_text("/proc/self/uid_map", "0 0 1\n")) : result;
}

static int map_own_group(void) {
  int result = enter(0);
  if (result == DONE) result = verdict(write_text("/proc/self/setgroups", "deny"));
  return result == DONE ? verdict(write_text("/proc/self/gid_map", "0 0 1\n")) : result;
}

static int make_user_namespace(void) {
  return enter(0);
}

static int mount_in_own(void) {
  const int result = enter(CLONE_NEWNS);
  return result == DONE ? verdict(mount(".", ".", NULL, MS_BIND, NULL)) : result;
}

static int name_host_in_own(void) {
  const int result = enter(CLONE_NEWUTS);
  return result == DONE ? verdict(sethostname("snug", 4)) : result;
}

static int bind_low_port_in_own(void) {
  const struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(80)};
  const int result = enter(CLONE_NEWNET);
  if (result != DONE) return result;
  return verdict(bind(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr*)&name, sizeof(name)));
}

static int open_raw_socket_in_own(void) {
  const int result = enter(CLONE_NEWNET);
  return result == DONE ? verdict(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)) : result;
}

static int change_root_in_own(void) {
  const int result = enter(0);
  return result == DONE ? verdict(chroot(".")) : result;
}

static int drop_from_bounding_set_in_own(void) {
  const int result = enter(0);
  return result == DONE ? verdict(prctl(PR_CAPBSET_DROP, 0, 0, 0, 0)) : result;
}

// What belongs to the initial namespace stays closed to whoever is privileged in another.
static int name_host_from_own(void) {
  const int result = enter(0);
  return result == DONE ? effect(sethostname("snug", 4) != 0) : result;
}

static const struct capability_case cases[] = {
    {"map_foreign_user", "SETUID", NULL, map_foreign_user, NULL},
    {"map_many_users", "SETUID", NULL, map_many_users, NULL},
    {"map_root", "SETFCAP", NULL, map_root, NULL},
    {"map_root_for_child", "SETFCAP", NULL, map_root_for_child, NULL},
    {"map_foreign_group", "SETGID", NULL, map_foreign_group, NULL},
    {"map_own_group_with_setgroups", "SETGID", NULL, map_own_group_with_setgroups, NULL},
    {"map_own_group", "-", NULL, map_own_group, NULL},
    {"make_user_namespace", "-", NULL, make_user_namespace, NULL},
    {"mount_in_own_namespace", "-", NULL, mount_in_own, NULL},
    {"name_host_in_own_namespace", "-", NULL, name_host_in_own, NULL},
    {"bind_low_port_in_own_namespace", "-", NULL, bind_low_port_in_own, NULL},
    {"open_raw_socket_in_own_namespace", "-", NULL, open_raw_socket_in_own, NULL},
    {"change_root_in_own_namespace", "-", NULL, change_root_in_own, NULL},
    {"drop_from_bounding_set_in_own_namespace", "-", NULL, drop_from_bounding_set_in_own, NULL},
    {"name_host_from_own_namespace", "-", NULL, name_host_from_own, NULL},
};

const struct capability_table mapping_cases = TABLE(cases);
