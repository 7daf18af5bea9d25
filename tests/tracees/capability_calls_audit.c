// SPDX-License-Identifier: Apache-2.0
// Cases about the audit subsystem: AUDIT_WRITE, AUDIT_CONTROL and AUDIT_READ.
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capability_calls.h"

static int open_audit(void) {
  return socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
}

// Sends a message without content and judges by the first answer.
static int tell(unsigned type) {
  struct {
    struct nlmsghdr header;
    char text[16];
  } message;
  char answer[1024];
  const struct nlmsghdr* header = (const struct nlmsghdr*)(const void*)answer;
  const int file = open_audit();
  if (file < 0) return impossible("no audit subsystem");
  memset(&message, 0, sizeof(message));
  message.header.nlmsg_len = sizeof(message);
  message.header.nlmsg_type = (unsigned short)type;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  if (send(file, &message, sizeof(message), 0) < 0) return verdict(-1);
  if (recv(file, answer, sizeof(answer), 0) < (long)sizeof(*header)) return ODD;
  if (header->nlmsg_type != NLMSG_ERROR) return DONE;
  errno = -((const struct nlmsgerr*)NLMSG_DATA(header))->error;
  if (errno == ECONNREFUSED) return impossible("no audit subsystem in this user namespace");
  return verdict(errno == 0 ? 0 : -1);
}

static int write_message(void) {
  return tell(AUDIT_FIRST_USER_MSG + 5);
}

static int write_message_of_second_range(void) {
  return tell(AUDIT_FIRST_USER_MSG2 + 5);
}

static int ask_for_status(void) {
  return tell(AUDIT_GET);
}

static int ask_for_features(void) {
  return tell(AUDIT_GET_FEATURE);
}

static int join_readers(void) {
  const struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_groups = 1};
  const int file = open_audit();
  if (file < 0) return impossible("no audit subsystem");
  return verdict(bind(file, (const struct sockaddr*)&name, sizeof(name)));
}

static int open_socket(void) {
  const int file = open_audit();
  return file < 0 ? impossible("no audit subsystem") : DONE;
}

// The first login is anybody's to declare, if none is yet.
static int log_in(void) {
  if (read_number("/proc/self/loginuid", -1) != 4294967295) return impossible("no audit subsystem, or logged in");
  return verdict(write_text("/proc/self/loginuid", "1000"));
}

static int log_in_again(void) {
  const int result = log_in();
  return result == DONE ? verdict(write_text("/proc/self/loginuid", "1001")) : result;
}

static const struct capability_case cases[] = {
    {"write_audit_message", "AUDIT_WRITE", NULL, write_message, NULL},
    {"write_audit_message_of_second_range", "AUDIT_WRITE", NULL, write_message_of_second_range, NULL},
    {"ask_for_audit_status", "AUDIT_CONTROL", NULL, ask_for_status, INITIAL},
    {"ask_for_audit_features", "AUDIT_CONTROL", NULL, ask_for_features, INITIAL},
    {"join_audit_readers", "AUDIT_READ", NULL, join_readers, NULL},
    {"open_audit_socket", "-", NULL, open_socket, NULL},
    {"log_in", "-", NULL, log_in, NULL},
    {"log_in_again", "AUDIT_CONTROL", NULL, log_in_again, NULL},
};

const struct capability_table audit_cases = TABLE(cases);
