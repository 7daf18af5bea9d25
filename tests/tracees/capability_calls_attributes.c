// SPDX-License-Identifier: Apache-2.0
// Cases about extended attributes, device files, leases, and programs with capabilities of their own.
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "capability_calls.h"

static void own_file(void) {
  make_file("file", 0, 0644);
}

static void others_file(void) {
  make_file("file", STRANGER, 0644);
}

static long give_capability(const char* name, int capability, unsigned effective) {
  struct vfs_cap_data data;
  memset(&data, 0, sizeof(data));
  data.magic_etc = VFS_CAP_REVISION_2 | effective;
  data.data[capability / 32].permitted = 1U << capability % 32;
  return setxattr(name, "security.capability", &data, sizeof(data), 0);
}

static int set_file_capability(void) {
  return verdict(give_capability("file", CAP_NET_RAW, 0));
}

static void file_with_capability(void) {
  own_file();
  must(give_capability("file", CAP_NET_RAW, 0), "setxattr");
}

static int remove_file_capability(void) {
  return verdict(removexattr("file", "security.capability"));
}

static void effective_program(void) {
  copy_program("/bin/true", "program", 0, 0755);
  must(give_capability("program", CAP_NET_RAW, VFS_CAP_FLAGS_EFFECTIVE), "setxattr");
}

static void permitted_program(void) {
  copy_program("/bin/true", "program", 0, 0755);
  must(give_capability("program", CAP_NET_RAW, 0), "setxattr");
}

static int execute(void) {
  execl("./program", "program", NULL);
  return verdict(-1);
}

static int set_security(void) {
  return verdict(setxattr("file", "security.snug", "x", 1, 0));
}

static void trusted_file(void) {
  own_file();
  must(setxattr("file", "trusted.colour", "red", 3, 0), "setxattr");
}

static int set_trusted(void) {
  return verdict(setxattr("file", "trusted.colour", "red", 3, 0));
}

// Who may not read it is told that there is none.
static int get_trusted(void) {
  char value[8];
  return verdict_of(getxattr("file", "trusted.colour", value, sizeof(value)), ENODATA);
}

static int remove_trusted(void) {
  return verdict(removexattr("file", "trusted.colour"));
}

static int set_user_attribute(void) {
  return verdict(setxattr("file", "user.colour", "red", 3, 0));
}

static int make_character_device(void) {
  return verdict(mknod("node", S_IFCHR | 0600, makedev(1, 3)));
}

static int make_block_device(void) {
  return verdict(mknodat(open(".", O_RDONLY), "node", S_IFBLK | 0600, makedev(7, 200)));
}

static int make_whiteout(void) {
  return verdict(mknod("node", S_IFCHR | 0600, makedev(0, 0)));
}

static int make_pipe(void) {
  return verdict(mknod("node", S_IFIFO | 0600, 0));
}

static int take_lease(void) {
  return verdict(fcntl(open("file", O_RDONLY), F_SETLEASE, F_RDLCK));
}

static int map_block(void) {
  int block = 0;
  const long result = ioctl(open("file", O_RDONLY), FIBMAP, &block);
  if (result < 0 && errno == EINVAL) return impossible("this file system maps no blocks");
  return verdict(result);
}

static const struct capability_case cases[] = {
    {"set_file_capability", "SETFCAP", own_file, set_file_capability, NULL},
    {"remove_file_capability", "SETFCAP", file_with_capability, remove_file_capability, NULL},
    {"execute_program_with_effective_capability", "NET_RAW", effective_program, execute, NULL},
    {"execute_program_with_permitted_capability", "-", permitted_program, execute, NULL},
    {"set_security_attribute", "SYS_ADMIN", own_file, set_security, NULL},
    {"set_trusted_attribute", "SYS_ADMIN", own_file, set_trusted, NULL},
    {"get_trusted_attribute", "SYS_ADMIN", trusted_file, get_trusted, NULL},
    {"remove_trusted_attribute", "SYS_ADMIN", trusted_file, remove_trusted, NULL},
    {"set_attribute_of_own_file", "-", own_file, set_user_attribute, NULL},
    {"make_character_device", "MKNOD", NULL, make_character_device, NULL},
    {"make_block_device", "MKNOD", NULL, make_block_device, NULL},
    {"make_whiteout", "-", NULL, make_whiteout, NULL},
    {"make_pipe", "-", NULL, make_pipe, NULL},
    {"lease_others_file", "LEASE", others_file, take_lease, NULL},
    {"lease_own_file", "-", own_file, take_lease, NULL},
    {"map_block_of_file", "SYS_RAWIO", own_file, map_block, NULL},
};

const struct capability_table attribute_cases = TABLE(cases);
