// SPDX-License-Identifier: Apache-2.0
// Cases about who owns a file: CHOWN, FOWNER and FSETID.
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "capability_calls.h"

#define SAME ((uid_t)-1)

static void own_file(void) {
  make_file("file", 0, 0644);
}

static void others_file(void) {
  make_file("file", STRANGER, 0644);
}

static int chown_to_another_user(void) {
  return verdict(chown("file", STRANGER, SAME));
}

static int chown_to_a_foreign_group(void) {
  return verdict(fchown(open("file", O_RDONLY), SAME, STRANGER));
}

static void own_link(void) {
  must(symlink("nowhere", "link"), "symlink");
}

static int lchown_link(void) {
  return verdict(lchown("link", STRANGER, STRANGER));
}

static int chown_others_to_same_owner(void) {
  return verdict(fchownat(AT_FDCWD, "file", STRANGER, SAME, 0));
}

static int chown_by_descriptor(void) {
  return verdict(fchownat(open("file", O_PATH), "", STRANGER, STRANGER, AT_EMPTY_PATH));
}

static int chown_of_nothing(void) {
  return verdict(chown("file", SAME, SAME));
}

static int chown_own_to_itself(void) {
  return verdict(chown("file", geteuid(), getegid()));
}

static int chmod_file(void) {
  return verdict(chmod("file", 0600));
}

static int fchmod_file(void) {
  return verdict(fchmod(open("file", O_RDONLY), 0600));
}

static const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

static int set_times(void) {
  return verdict(utimensat(AT_FDCWD, "file", long_ago, 0));
}

static int touch_now(void) {
  return verdict(utimensat(AT_FDCWD, "file", NULL, 0));
}

static void others_writable_file(void) {
  make_file("file", STRANGER, 0666);
}

// An access control list that says no more than the mode 0755 does.
static int set_access_list(void) {
  const struct {
    unsigned version;
    struct {
      unsigned short tag, permissions;
      unsigned id;
    } entries[3];
  } list = {2, {{1, 7, ~0U}, {4, 5, ~0U}, {32, 5, ~0U}}};
  return verdict(setxattr("file", "system.posix_acl_access", &list, sizeof(list), 0));
}

static void sticky_folder(void) {
  make_folder("sticky", STRANGER, 01777);
  make_file("sticky/file", OTHER_STRANGER, 0666);
}

static void own_sticky_folder(void) {
  make_folder("sticky", 0, 01777);
  make_file("sticky/file", OTHER_STRANGER, 0666);
}

static int unlink_in_sticky(void) {
  return verdict(unlink("sticky/file"));
}

static int rename_in_sticky(void) {
  return verdict(rename("sticky/file", "sticky/renamed"));
}

static int change_flags(int added) {
  int flags = 0;
  const int file = open("file", O_RDONLY);
  if (ioctl(file, FS_IOC_GETFLAGS, &flags) != 0) return impossible("this file system knows no file flags");
  int wanted = flags | added;
  const int result = verdict(ioctl(file, FS_IOC_SETFLAGS, &wanted));
  if (result == DONE) ioctl(file, FS_IOC_SETFLAGS, &flags);
  return result;
}

static int set_nodump(void) {
  return change_flags(FS_NODUMP_FL);
}

static int set_immutable(void) {
  return change_flags(FS_IMMUTABLE_FL);
}

static int set_append_only(void) {
  return change_flags(FS_APPEND_FL);
}

static int set_append_only_by_xattr(void) {
  struct fsxattr attributes;
  const int file = open("file", O_RDONLY);
  if (ioctl(file, FS_IOC_FSGETXATTR, &attributes) != 0) return impossible("this file system knows no fsxattr");
  attributes.fsx_xflags |= FS_XFLAG_APPEND;
  const int result = verdict(ioctl(file, FS_IOC_FSSETXATTR, &attributes));
  attributes.fsx_xflags &= ~(unsigned)FS_XFLAG_APPEND;
  if (result == DONE) ioctl(file, FS_IOC_FSSETXATTR, &attributes);
  return result;
}

static int open_without_access_time(void) {
  return verdict(open("file", O_RDONLY | O_NOATIME));
}

static int turn_access_time_off(void) {
  return verdict(fcntl(open("file", O_RDONLY), F_SETFL, O_NOATIME));
}

static void others_secret(void) {
  make_file("file", STRANGER, 0600);
}

static int link_secret(void) {
  if (read_number("/proc/sys/fs/protected_hardlinks", 0) == 0) return impossible("fs.protected_hardlinks is 0");
  return verdict(link("file", "linked"));
}

static void foreign_group_file(void) {
  make_file("file", 0, 0755);
  must(chown("file", SAME, STRANGER), "chown");
}

static int chmod_group_id(void) {
  const int result = verdict(chmod("file", 02755));
  return result == DONE ? effect((mode_of("file") & S_ISGID) != 0) : result;
}

static void group_id_file(void) {
  foreign_group_file();
  must(chmod("file", 02755), "chmod");
}

static int set_access_list_of_group_id_file(void) {
  const int result = set_access_list();
  return result == DONE ? effect((mode_of("file") & S_ISGID) != 0) : result;
}

static void group_id_folder(void) {
  make_folder("folder", 0, 0755);
  must(chown("folder", SAME, STRANGER), "chown");
  must(chmod("folder", 02777), "chmod");
}

static int create_with_group_id(void) {
  const int result = verdict(open("folder/file", O_WRONLY | O_CREAT, 02755));
  return result == DONE ? effect((mode_of("folder/file") & S_ISGID) != 0) : result;
}

static void set_user_id_file(void) {
  make_file("file", 0, 04755);
}

static int write_set_user_id(void) {
  const int result = verdict(write_text("file", "x"));
  return result == DONE ? effect((mode_of("file") & S_ISUID) != 0) : result;
}

static int truncate_set_user_id(void) {
  const int result = verdict(truncate("file", 1));
  return result == DONE ? effect((mode_of("file") & S_ISUID) != 0) : result;
}

static const struct capability_case cases[] = {
    {"chown_to_another_user", "CHOWN", own_file, chown_to_another_user, NULL},
    {"chown_to_a_foreign_group", "CHOWN", own_file, chown_to_a_foreign_group, NULL},
    {"chown_a_link", "CHOWN", own_link, lchown_link, NULL},
    {"chown_others_to_its_owner", "CHOWN", others_file, chown_others_to_same_owner, NULL},
    {"chown_by_descriptor", "CHOWN", own_file, chown_by_descriptor, NULL},
    {"chown_of_nothing", "-", others_file, chown_of_nothing, NULL},
    {"chown_own_to_itself", "-", own_file, chown_own_to_itself, NULL},
    {"chmod_others", "FOWNER", others_file, chmod_file, NULL},
    {"chmod_own", "-", own_file, chmod_file, NULL},
    {"fchmod_others", "FOWNER", others_file, fchmod_file, NULL},
    {"set_times_of_others", "FOWNER", others_writable_file, set_times, NULL},
    {"set_times_of_own", "-", own_file, set_times, NULL},
    {"touch_others", "FOWNER|DAC_OVERRIDE", others_file, touch_now, NULL},
    {"touch_others_writable", "-", others_writable_file, touch_now, NULL},
    {"set_access_list_of_others", "FOWNER", others_file, set_access_list, NULL},
    {"set_access_list_of_own", "-", own_file, set_access_list, NULL},
    {"unlink_in_sticky_folder", "FOWNER", sticky_folder, unlink_in_sticky, NULL},
    {"rename_in_sticky_folder", "FOWNER", sticky_folder, rename_in_sticky, NULL},
    {"unlink_in_own_sticky_folder", "-", own_sticky_folder, unlink_in_sticky, NULL},
    {"set_flags_of_others", "FOWNER", others_file, set_nodump, NULL},
    {"set_flags_of_own", "-", own_file, set_nodump, NULL},
    {"set_immutable", "LINUX_IMMUTABLE", own_file, set_immutable, NULL},
    {"set_append_only", "LINUX_IMMUTABLE", own_file, set_append_only, NULL},
    {"set_append_only_by_fsxattr", "LINUX_IMMUTABLE", own_file, set_append_only_by_xattr, NULL},
    {"set_immutable_of_others", "FOWNER&LINUX_IMMUTABLE", others_file, set_immutable, NULL},
    {"open_others_without_access_time", "FOWNER", others_file, open_without_access_time, NULL},
    {"turn_access_time_of_others_off", "FOWNER", others_file, turn_access_time_off, NULL},
    {"open_own_without_access_time", "-", own_file, open_without_access_time, NULL},
    {"link_others_secret", "FOWNER|DAC_OVERRIDE", others_secret, link_secret, NULL},
    {"chmod_group_id_of_foreign_group", "FSETID", foreign_group_file, chmod_group_id, NULL},
    {"chmod_group_id_of_own_group", "-", own_file, chmod_group_id, NULL},
    {"set_access_list_of_group_id_file", "FSETID", group_id_file, set_access_list_of_group_id_file, NULL},
    {"create_with_group_id", "FSETID", group_id_folder, create_with_group_id, NULL},
    {"write_set_user_id_file", "FSETID", set_user_id_file, write_set_user_id, NULL},
    {"truncate_set_user_id_file", "FSETID", set_user_id_file, truncate_set_user_id, NULL},
};

const struct capability_table ownership_cases = TABLE(cases);
