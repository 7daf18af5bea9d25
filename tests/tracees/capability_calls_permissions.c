// SPDX-License-Identifier: Apache-2.0
// Cases about what modes permit on files: DAC_OVERRIDE and DAC_READ_SEARCH.
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "capability_calls.h"

static void others_file(void) {
  make_file("file", STRANGER, 0644);
}

static void others_secret(void) {
  make_file("file", STRANGER, 0600);
}

static void others_secret_with_attribute(void) {
  others_secret();
  if (setxattr("file", "user.colour", "red", 3, 0) != 0 && errno != EOPNOTSUPP) must(-1, "setxattr");
}

static int open_to_read(void) {
  return verdict(open("file", O_RDONLY));
}

static int open_to_write(void) {
  return verdict(open("file", O_WRONLY));
}

static int open_to_read_and_write(void) {
  return verdict(open("file", O_RDWR));
}

static int open_path(void) {
  return verdict(open("file", O_PATH));
}

static int status_of_file(void) {
  struct stat status;
  return verdict(stat("file", &status));
}

static int truncate_file(void) {
  return verdict(truncate("file", 1));
}

static int may_write(void) {
  return verdict(access("file", W_OK));
}

static int may_read(void) {
  return verdict(faccessat(AT_FDCWD, "file", R_OK, 0));
}

static int set_attribute(void) {
  return verdict(setxattr("file", "user.colour", "red", 3, 0));
}

static int get_attribute(void) {
  char value[8];
  return verdict(getxattr("file", "user.colour", value, sizeof(value)));
}

static int watch_file(void) {
  return verdict(inotify_add_watch(inotify_init(), "file", IN_MODIFY));
}

static void read_only_file(void) {
  make_file("file", 0, 0444);
}

static void executable_of_others(void) {
  copy_program("/bin/true", "program", STRANGER, 0744);
}

static void executable_for_all(void) {
  copy_program("/bin/true", "program", STRANGER, 0755);
}

static int execute(void) {
  execl("./program", "program", NULL);
  return verdict(-1);
}

static struct sockaddr_un address(void) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  strcpy(name.sun_path, "socket");
  return name;
}

// The owner's own mode bits count for the owner, so that a socket of one's own may be closed to oneself.
static int connect_to_socket_of_mode(mode_t mode) {
  const struct sockaddr_un name = address();
  const int server = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(server, (const struct sockaddr*)&name, sizeof(name)) != 0 || listen(server, 1) != 0) return ODD;
  if (chmod("socket", mode) != 0) return ODD;
  return verdict(connect(socket(AF_UNIX, SOCK_STREAM, 0), (const struct sockaddr*)&name, sizeof(name)));
}

static int connect_to_closed_socket(void) {
  return connect_to_socket_of_mode(0577);
}

static int connect_to_open_socket(void) {
  return connect_to_socket_of_mode(0700);
}

static int send_to_closed_socket(void) {
  const struct sockaddr_un name = address();
  const int server = socket(AF_UNIX, SOCK_DGRAM, 0);
  if (bind(server, (const struct sockaddr*)&name, sizeof(name)) != 0 || chmod("socket", 0577) != 0) return ODD;
  const int client = socket(AF_UNIX, SOCK_DGRAM, 0);
  return verdict(sendto(client, "x", 1, 0, (const struct sockaddr*)&name, sizeof(name)));
}

// Queues live in the namespace of System V objects, not in the folder.
static void others_queue(void) {
  const mqd_t queue = mq_open("/queue", O_RDWR | O_CREAT, 0600, NULL);
  if (queue < 0) return;
  must(fchown(queue, STRANGER, STRANGER), "chown of the queue");
}

static int open_queue(void) {
  const mqd_t queue = mq_open("/queue", O_RDWR);
  return queue < 0 && errno == ENOENT ? impossible("no POSIX message queues") : verdict(queue);
}

static int open_missing(void) {
  return open("missing", O_RDONLY) < 0 && errno == ENOENT ? DONE : ODD;
}

static void file_and_handle(void) {
  make_file("file", 0, 0644);
  make_folder("folder", 0, 0755);
}

static int by_handle(const char* name, int flags) {
  struct {
    struct file_handle handle;
    unsigned char space[MAX_HANDLE_SZ];
  } named;
  int mount = 0;
  named.handle.handle_bytes = MAX_HANDLE_SZ;
  if (name_to_handle_at(AT_FDCWD, name, &named.handle, &mount, 0) != 0) return impossible("no file handles here");
  return verdict(open_by_handle_at(open(".", O_RDONLY | O_DIRECTORY), &named.handle, flags));
}

static int open_by_handle(void) {
  return by_handle("file", O_RDONLY);
}

static int open_folder_by_handle(void) {
  return by_handle("folder", O_RDONLY | O_DIRECTORY);
}

// Who opened a file may give it a name, as long as the credentials stay those that it was opened with. Others are
// told that the empty path names nothing.
static int link_descriptor(int file) {
  if (is_older_than(6, 10)) return impossible("Linux is older than 6.10");
  return verdict_of(linkat(file, "", AT_FDCWD, "linked", AT_EMPTY_PATH), ENOENT);
}

static int link_own_descriptor(void) {
  return link_descriptor(open(".", O_WRONLY | O_TMPFILE, 0600));
}

static int link_descriptor_of_former_self(void) {
  const int file = open(".", O_WRONLY | O_TMPFILE, 0600);
  must(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "prctl");
  return link_descriptor(file);
}

static const struct capability_case cases[] = {
    {"read_others_secret", "DAC_READ_SEARCH|DAC_OVERRIDE", others_secret, open_to_read, NULL},
    {"read_others_file", "-", others_file, open_to_read, NULL},
    {"write_others_file", "DAC_OVERRIDE", others_file, open_to_write, NULL},
    {"write_own_read_only_file", "DAC_OVERRIDE", read_only_file, open_to_write, NULL},
    {"read_and_write_others_secret", "DAC_OVERRIDE", others_secret, open_to_read_and_write, NULL},
    {"name_others_secret", "-", others_secret, open_path, NULL},
    {"status_of_others_secret", "-", others_secret, status_of_file, NULL},
    {"truncate_others_file", "DAC_OVERRIDE", others_file, truncate_file, NULL},
    {"ask_whether_others_file_is_writable", "DAC_OVERRIDE", others_file, may_write, NULL},
    {"ask_whether_others_secret_is_readable", "DAC_READ_SEARCH|DAC_OVERRIDE", others_secret, may_read, NULL},
    {"set_attribute_of_others_file", "DAC_OVERRIDE", others_file, set_attribute, NULL},
    {"get_attribute_of_others_secret", "DAC_READ_SEARCH|DAC_OVERRIDE", others_secret_with_attribute, get_attribute,
     NULL},
    {"watch_others_secret", "DAC_READ_SEARCH|DAC_OVERRIDE", others_secret, watch_file, NULL},
    {"execute_others_program", "DAC_OVERRIDE", executable_of_others, execute, NULL},
    {"execute_program_for_all", "-", executable_for_all, execute, NULL},
    {"connect_to_closed_socket", "DAC_OVERRIDE", NULL, connect_to_closed_socket, NULL},
    {"connect_to_open_socket", "-", NULL, connect_to_open_socket, NULL},
    {"send_to_closed_socket", "DAC_OVERRIDE", NULL, send_to_closed_socket, NULL},
    {"open_others_message_queue", "DAC_OVERRIDE", others_queue, open_queue, NULL},
    {"open_missing_file", "-", NULL, open_missing, NULL},
    {"link_own_descriptor", "-", NULL, link_own_descriptor, NULL},
    {"link_descriptor_of_former_self", "DAC_READ_SEARCH", NULL, link_descriptor_of_former_self, NULL},
    {"open_by_handle", "DAC_READ_SEARCH", file_and_handle, open_by_handle, NULL},
    {"open_folder_by_handle", "DAC_READ_SEARCH", file_and_handle, open_folder_by_handle, NULL},
};

const struct capability_table permission_cases = TABLE(cases);
