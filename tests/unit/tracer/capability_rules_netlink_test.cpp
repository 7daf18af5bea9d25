// SPDX-License-Identifier: Apache-2.0
// What is said to the kernel by netlink: the other part of rules_network.cpp.
#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <bit>

#include "tests/support/catch.hpp"
#include "tests/unit/tracer/capability_rule_cases.hpp"

namespace snug::tracer::played {
namespace {

constexpr std::uint64_t kRoute = 5;
constexpr std::uint64_t kAudit = 6;
constexpr std::uint64_t kNetfilter = 7;
constexpr std::uint64_t kXfrm = 8;
constexpr std::uint64_t kEvents = 9;
constexpr std::uint64_t kLocal = 10;

void furnish(PlayedSurroundings& around) {
  const auto netlink = [](int protocol) { return SocketFacts{AF_NETLINK, SOCK_RAW, protocol}; };
  around.sockets = {{kRoute, netlink(NETLINK_ROUTE)},           {kAudit, netlink(NETLINK_AUDIT)},
                    {kNetfilter, netlink(NETLINK_NETFILTER)},   {kXfrm, netlink(NETLINK_XFRM)},
                    {kEvents, netlink(NETLINK_KOBJECT_UEVENT)}, {kLocal, {AF_UNIX, SOCK_STREAM, 0}}};
}

std::uint64_t header(std::uint16_t type) {
  return value_at(nlmsghdr{
      .nlmsg_len = sizeof(nlmsghdr), .nlmsg_type = type, .nlmsg_flags = 0, .nlmsg_seq = 0, .nlmsg_pid = 0});
}

std::uint64_t message(std::uint16_t type) {
  const iovec vector{.iov_base = std::bit_cast<void*>(header(type)), .iov_len = sizeof(nlmsghdr)};
  msghdr whole{};
  whole.msg_iov = std::bit_cast<iovec*>(value_at(vector));
  whole.msg_iovlen = 1;
  return value_at(whole);
}
const std::uint64_t kEmptyMessage = value_at(msghdr{});

std::uint64_t groups(std::uint32_t mask) {
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = mask;
  return value_at(address);
}

RuleCase says(std::string_view name, std::uint64_t socket, std::uint16_t type, std::string_view need) {
  return {name, "sendto", {socket, header(type), sizeof(nlmsghdr)}, need, furnish};
}

RuleCase joins(std::string_view name, std::uint64_t socket, std::string_view need) {
  return {name, "setsockopt", {socket, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 0, 4}, need, furnish};
}

}  // namespace

std::span<const RuleCase> netlink_cases() {
  static const std::vector<RuleCase> kCases{
      says("a new link", kRoute, RTM_NEWLINK, "NET_ADMIN"),
      says("a link away", kRoute, RTM_DELLINK, "NET_ADMIN"),
      says("which links there are", kRoute, RTM_GETLINK, ""),
      says("a link set", kRoute, RTM_SETLINK, "NET_ADMIN"),
      says("a new route", kRoute, RTM_NEWROUTE, "NET_ADMIN"),
      says("which routes there are", kRoute, RTM_GETROUTE, ""),
      says("nothing at all", kRoute, NLMSG_NOOP, ""),
      says("what a user does", kAudit, AUDIT_USER, "AUDIT_WRITE"),
      says("the first of users' messages", kAudit, 1100, "AUDIT_WRITE"),
      says("the last of them", kAudit, 1199, "AUDIT_WRITE"),
      says("the one before", kAudit, 1099, "AUDIT_CONTROL"),
      says("the one behind", kAudit, 1200, "AUDIT_CONTROL"),
      says("more of users' messages", kAudit, 2100, "AUDIT_WRITE"),
      says("the last of those", kAudit, 2999, "AUDIT_WRITE"),
      says("the state of auditing", kAudit, AUDIT_GET, "AUDIT_CONTROL"),
      says("anything of netfilter's", kNetfilter, 0xa00, "NET_ADMIN"),
      says("anything of XFRM's", kXfrm, 0x10, "NET_ADMIN"),
      says("anything to those who wait for events", kEvents, 0x10, ""),
      says("something that is no netlink", kLocal, RTM_NEWLINK, ""),
      {"a header that cannot be read", "sendto", {kRoute, 8, 16}, "", furnish},
      {"a new link", "write", {kRoute, header(RTM_NEWLINK), 16}, "NET_ADMIN", furnish},
      {"which links there are", "write", {kRoute, header(RTM_GETLINK), 16}, "", furnish},
      {"a new link", "sendmsg", {kRoute, message(RTM_NEWLINK)}, "NET_ADMIN", furnish},
      {"which links there are", "sendmsg", {kRoute, message(RTM_GETLINK)}, "", furnish},
      {"nothing", "sendmsg", {kRoute, kEmptyMessage}, "", furnish},
      {"a new link", "sendmmsg", {kRoute, message(RTM_NEWLINK), 1}, "NET_ADMIN", furnish},
      {"which links there are", "sendmmsg", {kRoute, message(RTM_GETLINK), 1}, "", furnish},

      {"to groups of audit's", "bind", {kAudit, groups(1), 12}, "AUDIT_READ", furnish},
      {"to no groups of audit's", "bind", {kAudit, groups(0), 12}, "", furnish},
      {"to groups of netfilter's", "bind", {kNetfilter, groups(1), 12}, "NET_ADMIN", furnish},
      {"to groups of XFRM's", "bind", {kXfrm, groups(1), 12}, "NET_ADMIN", furnish},
      {"to groups of routes'", "bind", {kRoute, groups(1), 12}, "", furnish},
      joins("a group of audit's", kAudit, "AUDIT_READ"),
      joins("a group of netfilter's", kNetfilter, "NET_ADMIN"),
      joins("a group of XFRM's", kXfrm, "NET_ADMIN"),
      joins("a group of routes'", kRoute, ""),
      {"messages of all namespaces",
       "setsockopt",
       {kRoute, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, 0, 4},
       "NET_BROADCAST",
       furnish},
      {"the port of who sent it", "setsockopt", {kRoute, SOL_NETLINK, NETLINK_PKTINFO, 0, 4}, "", furnish},
  };
  return kCases;
}

TEST_CASE("netlink needs a capability for what changes something, and for closed groups") {
  check_cases(netlink_cases());
}

}  // namespace snug::tracer::played
