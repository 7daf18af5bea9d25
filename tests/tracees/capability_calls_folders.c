// SPDX-License-Identifier: Apache-2.0
// Cases about what modes permit in folders: DAC_OVERRIDE to change them, DAC_READ_SEARCH to look into them.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "capability_calls.h"

static void fill(void) {
  make_file("folder/file", STRANGER, 0666);
  make_folder("folder/inner", STRANGER, 0777);
  must(symlink("file", "folder/link"), "symlink");
  copy_program("/bin/true", "folder/program", STRANGER, 0755);
  make_file("mine", 0, 0644);
}

static void others_folder(void) {
  make_folder("folder", STRANGER, 0755);
  fill();
}

static void closed_folder(void) {
  make_folder("folder", STRANGER, 0700);
  fill();
}

static void own_folder(void) {
  make_folder("folder", 0, 0755);
  fill();
}

static int create_file(void) {
  return verdict(open("folder/new", O_WRONLY | O_CREAT, 0644));
}

static int create_unnamed(void) {
  return verdict(open("folder", O_WRONLY | O_TMPFILE, 0600));
}

static int unlink_file(void) {
  return verdict(unlinkat(open("folder", O_RDONLY | O_DIRECTORY), "file", 0));
}

static int rename_file(void) {
  return verdict(rename("folder/file", "folder/renamed"));
}

static int make_inner_folder(void) {
  return verdict(mkdir("folder/new", 0755));
}

static int remove_inner_folder(void) {
  return verdict(rmdir("folder/inner"));
}

static int make_symbolic_link(void) {
  return verdict(symlink("file", "folder/new"));
}

static int link_into(void) {
  return verdict(link("mine", "folder/new"));
}

static int make_pipe(void) {
  return verdict(mkfifo("folder/new", 0644));
}

static int bind_socket(void) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  strcpy(name.sun_path, "folder/socket");
  return verdict(bind(socket(AF_UNIX, SOCK_STREAM, 0), (const struct sockaddr*)&name, sizeof(name)));
}

// Its parent changes, which is written down in the folder that moves.
static void two_folders(void) {
  make_folder("from", 0, 0755);
  make_folder("to", 0, 0755);
  make_folder("from/moved", STRANGER, 0755);
}

static int move_folder(void) {
  return verdict(rename("from/moved", "to/moved"));
}

static int open_folder(void) {
  return verdict(open("folder", O_RDONLY | O_DIRECTORY));
}

static int enter_folder(void) {
  return verdict(chdir("folder"));
}

static int status_below(void) {
  struct stat status;
  return verdict(stat("folder/file", &status));
}

static int status_of_folder(void) {
  struct stat status;
  return verdict(stat("folder", &status));
}

static int read_link_below(void) {
  char target[16];
  return verdict(readlink("folder/link", target, sizeof(target)));
}

static int open_below(void) {
  return verdict(open("folder/file", O_RDWR));
}

static int name_below(void) {
  return verdict(open("folder/file", O_PATH));
}

static int file_system_below(void) {
  struct statfs status;
  return verdict(statfs("folder/file", &status));
}

static int execute_below(void) {
  execl("folder/program", "program", NULL);
  return verdict(-1);
}

static const struct capability_case cases[] = {
    {"create_in_others_folder", "DAC_OVERRIDE", others_folder, create_file, NULL},
    {"create_in_own_folder", "-", own_folder, create_file, NULL},
    {"create_unnamed_in_others_folder", "DAC_OVERRIDE", others_folder, create_unnamed, NULL},
    {"create_in_closed_folder", "DAC_OVERRIDE", closed_folder, create_file, NULL},
    {"unlink_in_others_folder", "DAC_OVERRIDE", others_folder, unlink_file, NULL},
    {"unlink_others_file_in_own_folder", "-", own_folder, unlink_file, NULL},
    {"rename_in_others_folder", "DAC_OVERRIDE", others_folder, rename_file, NULL},
    {"make_folder_in_others_folder", "DAC_OVERRIDE", others_folder, make_inner_folder, NULL},
    {"remove_folder_in_others_folder", "DAC_OVERRIDE", others_folder, remove_inner_folder, NULL},
    {"make_link_in_others_folder", "DAC_OVERRIDE", others_folder, make_symbolic_link, NULL},
    {"link_into_others_folder", "DAC_OVERRIDE", others_folder, link_into, NULL},
    {"make_pipe_in_others_folder", "DAC_OVERRIDE", others_folder, make_pipe, NULL},
    {"bind_socket_in_others_folder", "DAC_OVERRIDE", others_folder, bind_socket, NULL},
    {"move_others_folder", "DAC_OVERRIDE", two_folders, move_folder, NULL},
    {"list_closed_folder", "DAC_READ_SEARCH|DAC_OVERRIDE", closed_folder, open_folder, NULL},
    {"list_others_folder", "-", others_folder, open_folder, NULL},
    {"enter_closed_folder", "DAC_READ_SEARCH|DAC_OVERRIDE", closed_folder, enter_folder, NULL},
    {"status_below_closed_folder", "DAC_READ_SEARCH|DAC_OVERRIDE", closed_folder, status_below, NULL},
    {"status_of_closed_folder", "-", closed_folder, status_of_folder, NULL},
    {"read_link_below_closed_folder", "DAC_READ_SEARCH|DAC_OVERRIDE", closed_folder, read_link_below, NULL},
    {"open_below_closed_folder", "DAC_READ_SEARCH|DAC_OVERRIDE", closed_folder, open_below, NULL},
    {"name_below_closed_folder", "DAC_READ_SEARCH|DAC_OVERRIDE", closed_folder, name_below, NULL},
    {"file_system_below_closed_folder", "DAC_READ_SEARCH|DAC_OVERRIDE", closed_folder, file_system_below, NULL},
    {"execute_below_closed_folder", "DAC_READ_SEARCH|DAC_OVERRIDE", closed_folder, execute_below, NULL},
};

const struct capability_table folder_cases = TABLE(cases);
