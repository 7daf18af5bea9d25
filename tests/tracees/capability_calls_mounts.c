// SPDX-License-Identifier: Apache-2.0
// Cases about what is mounted where, and about the root folder: SYS_ADMIN and SYS_CHROOT.
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/quota.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/statfs.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capability_calls.h"

#define PAGE 4096
#define SWAP_PAGES 10

// <sys/mount.h> and <linux/mount.h> exclude each other in some versions of the C library.
static long mount_at(const char* source, const char* target, const char* type, unsigned long flags) {
  return syscall(SYS_mount, source, target, type, flags, NULL);
}

static void folder(void) {
  make_folder("at", 0, 0755);
}

static void mounted(void) {
  folder();
  must(mount_at("none", "at", "tmpfs", 0), "mount");
}

static int mount_memory(void) {
  return verdict(mount_at("none", "at", "tmpfs", 0));
}

static int bind_folder(void) {
  return verdict(mount_at(".", "at", NULL, MS_BIND));
}

static int forbid_writing(void) {
  return verdict(mount_at(NULL, "at", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY));
}

static int keep_private(void) {
  return verdict(mount_at(NULL, "at", NULL, MS_PRIVATE));
}

static int unmount(void) {
  return verdict(syscall(SYS_umount2, "at", 2));
}

static int open_file_system(void) {
  return verdict(syscall(SYS_fsopen, "tmpfs", 0));
}

static int clone_tree(void) {
  return verdict(syscall(SYS_open_tree, AT_FDCWD, "at", OPEN_TREE_CLONE));
}

static int open_tree(void) {
  return verdict(syscall(SYS_open_tree, AT_FDCWD, "at", 0));
}

static int set_mount_attributes(void) {
  struct mount_attr attributes;
  memset(&attributes, 0, sizeof(attributes));
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  return verdict(syscall(SYS_mount_setattr, AT_FDCWD, "at", 0, &attributes, sizeof(attributes)));
}

static int ask_for_file_system(void) {
  struct statfs status;
  return verdict(statfs("at", &status));
}

// The new root is the old one seen again, so that all paths stay what they are.
static void root_again(void) {
  make_folder("root", 0, 0755);
  must(mount_at("/", "root", NULL, MS_BIND | MS_REC), "mount");
}

static int change_root_mount(void) {
  const long result = syscall(SYS_pivot_root, "root", "root/mnt");
  return result < 0 && errno == EINVAL ? impossible("the root is no mount that could be left") : verdict(result);
}

static int change_root(void) {
  return verdict(chroot("."));
}

static int put(int file, long offset, const void* data, size_t size) {
  return pwrite(file, data, size, offset) == (long)size ? 0 : -1;
}

// The first page of a swap area tells its version, its last page, and so says the end of that page.
static void swap_file(void) {
  const unsigned header[] = {1, SWAP_PAGES - 1, 0};
  const char zeros[PAGE] = "";
  const int file = open("swap", O_RDWR | O_CREAT, 0600);
  must(file, "swap");
  for (long page = 0; page < SWAP_PAGES; ++page) must(put(file, page * PAGE, zeros, PAGE), "swap");
  must(put(file, 1024, header, sizeof(header)), "swap");
  must(put(file, PAGE - 10, "SWAPSPACE2", 10), "swap");
  must(fsync(file), "swap");
  close(file);
}

static int swap_to_file(void) {
  const long result = swapon("swap", 0);
  if (result < 0 && errno == EINVAL) return impossible("no swapping to files of this file system");
  if (result == 0) must(swapoff("swap"), "swapoff");
  return verdict(result);
}

// No quota is in force, so that nobody learns of any; but who may not ask hears that instead.
static int ask_for_quota_of_another(void) {
  struct if_dqblk quota;
  const int here = open(".", O_RDONLY | O_DIRECTORY);
  const long result = syscall(SYS_quotactl_fd, here, QCMD(Q_GETQUOTA, USRQUOTA), STRANGER, &quota);
  return result < 0 && errno == ESRCH ? DONE : verdict(result);
}

static int watch_all(void) {
  return verdict(fanotify_init(FAN_CLASS_CONTENT, O_RDONLY));
}

static int watch_without_limit(void) {
  return verdict(fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_UNLIMITED_QUEUE, O_RDONLY));
}

static int watch_by_handle(void) {
  return verdict(fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY));
}

static const struct capability_case cases[] = {
    {"mount_memory", "SYS_ADMIN", folder, mount_memory, NULL},
    {"bind_folder", "SYS_ADMIN", folder, bind_folder, NULL},
    {"forbid_writing_to_mount", "SYS_ADMIN", mounted, forbid_writing, NULL},
    {"keep_mount_private", "SYS_ADMIN", mounted, keep_private, NULL},
    {"unmount", "SYS_ADMIN", mounted, unmount, NULL},
    {"open_file_system", "SYS_ADMIN", NULL, open_file_system, NULL},
    {"clone_tree", "SYS_ADMIN", mounted, clone_tree, NULL},
    {"open_tree", "-", mounted, open_tree, NULL},
    {"set_mount_attributes", "SYS_ADMIN", mounted, set_mount_attributes, NULL},
    {"ask_for_file_system", "-", mounted, ask_for_file_system, NULL},
    {"change_root_mount", "SYS_ADMIN", root_again, change_root_mount, NULL},
    {"change_root", "SYS_CHROOT", NULL, change_root, NULL},
    {"swap_to_file", "SYS_ADMIN", swap_file, swap_to_file, NULL},
    {"ask_for_quota_of_another", "SYS_ADMIN", NULL, ask_for_quota_of_another, PROBE},
    {"watch_all_accesses", "SYS_ADMIN", NULL, watch_all, NULL},
    {"watch_without_limit", "SYS_ADMIN", NULL, watch_without_limit, NULL},
    {"watch_by_handle", "-", NULL, watch_by_handle, NULL},
};

const struct capability_table mount_cases = TABLE(cases);
