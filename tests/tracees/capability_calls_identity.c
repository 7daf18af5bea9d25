// SPDX-License-Identifier: Apache-2.0
// Cases about the ids that a process takes: SETUID and SETGID.
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capability_calls.h"

#define SAME ((uid_t)-1)

static int set_user(void) {
  return verdict(syscall(SYS_setuid, STRANGER));
}

static int set_same_user(void) {
  return verdict(syscall(SYS_setuid, getuid()));
}

static int set_effective_user(void) {
  return verdict(syscall(SYS_setreuid, SAME, STRANGER));
}

static int set_real_user(void) {
  return verdict(syscall(SYS_setresuid, STRANGER, SAME, SAME));
}

static int set_saved_user(void) {
  return verdict(syscall(SYS_setresuid, SAME, SAME, STRANGER));
}

static int set_no_users(void) {
  return verdict(syscall(SYS_setresuid, SAME, SAME, SAME));
}

// It answers with the former id whether it took the new one or not.
static int set_file_user(void) {
  syscall(SYS_setfsuid, STRANGER);
  return effect(setfsuid(SAME) == STRANGER);
}

static int set_group(void) {
  return verdict(syscall(SYS_setgid, STRANGER));
}

static int set_same_group(void) {
  return verdict(syscall(SYS_setgid, getgid()));
}

static int set_effective_group(void) {
  return verdict(syscall(SYS_setregid, SAME, STRANGER));
}

static int set_all_groups(void) {
  return verdict(syscall(SYS_setresgid, STRANGER, STRANGER, STRANGER));
}

static int set_file_group(void) {
  syscall(SYS_setfsgid, STRANGER);
  return effect(setfsgid(SAME) == STRANGER);
}

static int clear_groups(void) {
  return verdict(syscall(SYS_setgroups, 0, NULL));
}

static int add_group(void) {
  const gid_t groups[] = {STRANGER};
  return verdict(syscall(SYS_setgroups, 1, groups));
}

static int ask_for_groups(void) {
  return verdict(syscall(SYS_getgroups, 0, NULL));
}

static void copy_with_user_id(void) {
  copy_program("/proc/self/exe", "self", STRANGER, 04755);
}

static void copy_with_group_id(void) {
  copy_program("/proc/self/exe", "self", 0, 0755);
  must(chown("self", SAME, STRANGER), "chown");
  must(chmod("self", 02755), "chmod");
}

// Continues as a copy of this program whose saved id is another than its real one.
static int become_copy(const char* name) {
  if (getenv("COPY") != NULL) return impossible("set-user-id programs are disabled here");
  setenv("COPY", "1", 1);
  execl("./self", "self", "act", name, ".", NULL);
  return ODD;
}

// All ids but the saved one are the same already, so that nothing else tells what the capability did.
static int set_user_resets_saved(void) {
  uid_t real, effective, saved;
  must(getresuid(&real, &effective, &saved), "getresuid");
  if (saved == real) return become_copy("set_user_resets_saved_id");
  const int result = verdict(syscall(SYS_setuid, real));
  must(getresuid(&real, &effective, &saved), "getresuid");
  return result == DONE ? effect(saved == real) : result;
}

static int set_group_resets_saved(void) {
  gid_t real, effective, saved;
  must(getresgid(&real, &effective, &saved), "getresgid");
  if (saved == real) return become_copy("set_group_resets_saved_id");
  const int result = verdict(syscall(SYS_setgid, real));
  must(getresgid(&real, &effective, &saved), "getresgid");
  return result == DONE ? effect(saved == real) : result;
}

static int return_from_saved(void) {
  uid_t real, effective, saved;
  must(getresuid(&real, &effective, &saved), "getresuid");
  if (saved == real) return become_copy("take_saved_id");
  return verdict(syscall(SYS_setresuid, SAME, saved, SAME));
}

// Tells the other end of a socket who is talking.
static int send_credentials(struct ucred who) {
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(struct ucred))];
  } control;
  int ends[2];
  char byte = 'x';
  struct iovec data = {&byte, 1};
  struct msghdr message = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
  memset(&control, 0, sizeof(control));
  if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0) return ODD;
  control.header.cmsg_len = CMSG_LEN(sizeof(who));
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_CREDENTIALS;
  memcpy(CMSG_DATA(&control.header), &who, sizeof(who));
  return verdict(sendmsg(ends[0], &message, 0));
}

static int send_own_credentials(void) {
  return send_credentials((struct ucred){getpid(), getuid(), getgid()});
}

static int send_foreign_user(void) {
  return send_credentials((struct ucred){getpid(), STRANGER, getgid()});
}

static int send_foreign_group(void) {
  return send_credentials((struct ucred){getpid(), getuid(), STRANGER});
}

static int send_foreign_process(void) {
  return send_credentials((struct ucred){1, getuid(), getgid()});
}

static const struct capability_case cases[] = {
    {"set_user", "SETUID", NULL, set_user, NULL},
    {"set_same_user", "-", NULL, set_same_user, NULL},
    {"set_effective_user", "SETUID", NULL, set_effective_user, NULL},
    {"set_real_user", "SETUID", NULL, set_real_user, NULL},
    {"set_saved_user", "SETUID", NULL, set_saved_user, NULL},
    {"set_no_users", "-", NULL, set_no_users, NULL},
    {"set_file_user", "SETUID", NULL, set_file_user, NULL},
    {"set_user_resets_saved_id", "SETUID", copy_with_user_id, set_user_resets_saved, NULL},
    {"take_saved_id", "-", copy_with_user_id, return_from_saved, NULL},
    {"set_group", "SETGID", NULL, set_group, NULL},
    {"set_same_group", "-", NULL, set_same_group, NULL},
    {"set_effective_group", "SETGID", NULL, set_effective_group, NULL},
    {"set_all_groups", "SETGID", NULL, set_all_groups, NULL},
    {"set_file_group", "SETGID", NULL, set_file_group, NULL},
    {"set_group_resets_saved_id", "SETGID", copy_with_group_id, set_group_resets_saved, NULL},
    {"clear_groups", "SETGID", NULL, clear_groups, NULL},
    {"add_group", "SETGID", NULL, add_group, NULL},
    {"ask_for_groups", "-", NULL, ask_for_groups, NULL},
    {"send_own_credentials", "-", NULL, send_own_credentials, NULL},
    {"send_foreign_user", "SETUID", NULL, send_foreign_user, NULL},
    {"send_foreign_group", "SETGID", NULL, send_foreign_group, NULL},
    {"send_foreign_process", "SYS_ADMIN", NULL, send_foreign_process, NULL},
};

const struct capability_table identity_cases = TABLE(cases);
