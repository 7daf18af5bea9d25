// SPDX-License-Identifier: Apache-2.0
// Cases about the network's settings, by netlink, ioctl and sysctl: NET_ADMIN and NET_BROADCAST.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/if_tun.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capability_calls.h"

struct request {
  struct nlmsghdr header;
  union {
    struct ifinfomsg link;
    struct ifaddrmsg address;
    struct genlmsghdr generic;
    struct nfgenmsg netfilter;
    struct xfrm_userpolicy_type policy;
  } body;
  struct rtattr attribute;
  unsigned value;
};

// Sends a request and judges by the first answer, which is where netlink says no.
static int ask(int protocol, struct request* request) {
  char answer[8192];
  const struct nlmsghdr* header = (const struct nlmsghdr*)(const void*)answer;
  const int file = socket(AF_NETLINK, SOCK_RAW, protocol);
  if (file < 0) return impossible("no netlink of this family");
  request->header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
  if (send(file, request, request->header.nlmsg_len, 0) < 0) return verdict(-1);
  if (recv(file, answer, sizeof(answer), 0) < (long)sizeof(*header)) return ODD;
  if (header->nlmsg_type != NLMSG_ERROR) return DONE;
  errno = -((const struct nlmsgerr*)NLMSG_DATA(header))->error;
  return verdict(errno == 0 ? 0 : -1);
}

static struct request message(unsigned type, size_t body) {
  struct request request;
  memset(&request, 0, sizeof(request));
  request.header.nlmsg_type = (unsigned short)type;
  request.header.nlmsg_len = (unsigned)NLMSG_LENGTH(body);
  return request;
}

// All of the bodies that carry an attribute end where it begins.
static void append(struct request* request, unsigned type, size_t body, unsigned value) {
  const struct rtattr attribute = {RTA_LENGTH(sizeof(value)), (unsigned short)type};
  char* end = (char*)&request->body + NLMSG_ALIGN(body);
  memcpy(end, &attribute, sizeof(attribute));
  memcpy(end + sizeof(attribute), &value, sizeof(value));
  request->header.nlmsg_len += (unsigned)(sizeof(attribute) + sizeof(value));
}

static int change_link(void) {
  struct request request = message(RTM_NEWLINK, sizeof(request.body.link));
  request.body.link.ifi_index = 1;
  append(&request, IFLA_MTU, sizeof(request.body.link), 1400);
  return ask(NETLINK_ROUTE, &request);
}

static int add_address(void) {
  struct request request = message(RTM_NEWADDR, sizeof(request.body.address));
  request.header.nlmsg_flags = NLM_F_CREATE;
  request.body.address.ifa_family = AF_INET;
  request.body.address.ifa_prefixlen = 8;
  request.body.address.ifa_index = 1;
  append(&request, IFA_LOCAL, sizeof(request.body.address), htonl(0x7f000009));
  return ask(NETLINK_ROUTE, &request);
}

static int list_links(void) {
  struct request request = message(RTM_GETLINK, sizeof(request.body.link));
  request.header.nlmsg_flags = NLM_F_DUMP;
  return ask(NETLINK_ROUTE, &request);
}

static int ask_generic_netlink(void) {
  struct request request = message(GENL_ID_CTRL, sizeof(request.body.generic));
  request.header.nlmsg_flags = NLM_F_DUMP;
  request.body.generic.cmd = CTRL_CMD_GETFAMILY;
  return ask(NETLINK_GENERIC, &request);
}

static int ask_netfilter(void) {
  struct request request = message(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, sizeof(request.body.netfilter));
  return ask(NETLINK_NETFILTER, &request);
}

static int flush_policies(void) {
  struct request request = message(XFRM_MSG_FLUSHPOLICY, 0);
  return ask(NETLINK_XFRM, &request);
}

static struct ifreq loopback(void) {
  struct ifreq request;
  memset(&request, 0, sizeof(request));
  strcpy(request.ifr_name, "lo");
  return request;
}

static int raise_loopback(void) {
  struct ifreq request = loopback();
  request.ifr_flags = IFF_UP;
  return verdict(ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &request));
}

static int set_mtu(void) {
  struct ifreq request = loopback();
  request.ifr_mtu = 1400;
  return verdict(ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFMTU, &request));
}

static int get_flags(void) {
  struct ifreq request = loopback();
  return verdict(ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCGIFFLAGS, &request));
}

static int make_tunnel(void) {
  struct ifreq request;
  const int file = open("/dev/net/tun", O_RDWR);
  if (file < 0) return impossible("no /dev/net/tun");
  memset(&request, 0, sizeof(request));
  request.ifr_flags = IFF_TUN;
  return verdict(ioctl(file, TUNSETIFF, &request));
}

static int set_forwarding(void) {
  return verdict(write_text("/proc/sys/net/ipv4/conf/lo/forwarding", "1"));
}

static int set_time_to_live(void) {
  return verdict(write_text("/proc/sys/net/ipv4/ip_default_ttl", "63"));
}

static int listen_to_all_namespaces(void) {
  const int one = 1;
  const int file = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  return verdict(setsockopt(file, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &one, sizeof(one)));
}

static int join_netlink_group(void) {
  const struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
  const int file = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  return verdict(bind(file, (const struct sockaddr*)&name, sizeof(name)));
}

static int join_netfilter_group(void) {
  const struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_groups = 1};
  const int file = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
  if (file < 0) return impossible("no netlink of netfilter");
  return verdict(bind(file, (const struct sockaddr*)&name, sizeof(name)));
}

static const struct capability_case cases[] = {
    {"change_link", "NET_ADMIN", NULL, change_link, NULL},
    {"add_address", "NET_ADMIN", NULL, add_address, NULL},
    {"list_links", "-", NULL, list_links, NULL},
    {"ask_generic_netlink", "-", NULL, ask_generic_netlink, NULL},
    {"ask_netfilter", "NET_ADMIN", NULL, ask_netfilter, NULL},
    {"flush_policies", "NET_ADMIN", NULL, flush_policies, NULL},
    {"raise_loopback", "NET_ADMIN", NULL, raise_loopback, NULL},
    {"set_mtu", "NET_ADMIN", NULL, set_mtu, NULL},
    {"get_flags_of_loopback", "-", NULL, get_flags, NULL},
    {"make_tunnel", "NET_ADMIN", NULL, make_tunnel, NULL},
    {"set_forwarding", "NET_ADMIN", NULL, set_forwarding, NULL},
    {"set_time_to_live", "-", NULL, set_time_to_live, NULL},
    {"listen_to_all_namespaces", "NET_BROADCAST", NULL, listen_to_all_namespaces, NULL},
    {"join_link_group", "-", NULL, join_netlink_group, NULL},
    {"join_netfilter_group", "NET_ADMIN", NULL, join_netfilter_group, NULL},
};

const struct capability_table netlink_cases = TABLE(cases);
