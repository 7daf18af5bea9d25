// SPDX-License-Identifier: Apache-2.0
// Sockets and what is set on them: rules_network.cpp without netlink.
#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/unit/tracer/capability_rule_cases.hpp"

namespace snug::tracer::played {
namespace {

constexpr std::string_view kWay = "DAC_OVERRIDE|DAC_READ_SEARCH";
constexpr std::string_view kAdminOrRaw = "NET_ADMIN|NET_RAW";

// 5 is a TCP socket, 6 a UDP one, 7 a raw one, 8 one that sends pings.
void furnish(PlayedSurroundings& around) {
  around.sockets = {{5, {AF_INET, SOCK_STREAM, IPPROTO_TCP}},
                    {6, {AF_INET6, SOCK_DGRAM, IPPROTO_UDP}},
                    {7, {AF_INET, SOCK_RAW, IPPROTO_ICMP}},
                    {8, {AF_INET, SOCK_DGRAM, IPPROTO_ICMP}}};
  add_folder(around, "/run", kOthers, 0755);
  around.closed["/run"] = kWrite;
  add_folder(around, "/tmp", kOthers, 01777);
  add_file(around, "/run/open", kOthers, 0666);
  add_file(around, "/run/shut", kOthers, 0600);
  around.closed["/run/shut"] = kRead | kWrite;
  around.unreachable.insert("/root/socket");
}
void begin_ports_at(PlayedSurroundings& around, std::int64_t port) {
  furnish(around);
  around.settings["net/ipv4/ip_unprivileged_port_start"] = port;
}
void begin_ports_at_0(PlayedSurroundings& around) {
  begin_ports_at(around, 0);
}
void begin_ports_at_80(PlayedSurroundings& around) {
  begin_ports_at(around, 80);
}
void bind_5_to_device(PlayedSurroundings& around) {
  furnish(around);
  around.bound = {5};
}

std::uint64_t internet(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  return value_at(address);
}
std::uint64_t internet6(std::uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  return value_at(address);
}
std::uint64_t machine(unsigned port) {
  sockaddr_vm address{};
  address.svm_family = AF_VSOCK;
  address.svm_port = port;
  return value_at(address);
}
// With its zero byte; a name in the abstract namespace begins with one.
std::uint64_t local(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(path, std::begin(address.sun_path));
  return value_at(address);
}
constexpr std::uint64_t kLocalSize = sizeof(sockaddr_un);

std::uint64_t number(int value) {
  return value_at(value);
}
const std::uint64_t kZero = number(0);
const std::uint64_t kOne = number(1);

RuleCase sets(std::string_view name, int level, int option, std::uint64_t value, std::string_view need,
              void (*setup)(PlayedSurroundings&) = furnish) {
  return {name,
          "setsockopt",
          {5, static_cast<std::uint64_t>(level), static_cast<std::uint64_t>(option), value, 4},
          need,
          setup};
}

// sched_fq's clock, and another one.
std::uint64_t clock_at(int clock) {
  const int txtime[2]{clock, 0};
  return value_at(txtime);
}

// A message with credentials of a process, user and group in its control data.
std::uint64_t message_of(pid_t pid, uid_t uid, gid_t gid, int type = SCM_CREDENTIALS) {
  struct Control {
    std::size_t size;
    int level;
    int type;
    ucred credentials;
    int padding;
  };
  const Control control{CMSG_LEN(sizeof(ucred)), SOL_SOCKET, type, {pid, uid, gid}, 0};
  msghdr message{};
  message.msg_control = std::bit_cast<void*>(value_at(control));
  message.msg_controllen = CMSG_SPACE(sizeof(ucred));
  return value_at(message);
}
void have_three_ids(PlayedSurroundings& around) {
  furnish(around);
  around.credentials.uid = around.credentials.gid = {.real = 1, .effective = 2, .saved = 3, .files = 4};
  around.processes = {{200, user(200, kOthers)}};
}

}  // namespace

std::span<const RuleCase> network_cases() {
  static const std::vector<RuleCase> kCases{
      {"TCP", "socket", {AF_INET, SOCK_STREAM, 0}, ""},
      {"raw", "socket", {AF_INET, SOCK_RAW, IPPROTO_ICMP}, "NET_RAW"},
      {"raw, of IPv6, with flags", "socket", {AF_INET6, SOCK_RAW | SOCK_CLOEXEC, 0}, "NET_RAW"},
      {"pings without privilege", "socket", {AF_INET, SOCK_DGRAM, IPPROTO_ICMP}, ""},
      {"packets", "socket", {AF_PACKET, SOCK_DGRAM, 0}, "NET_RAW"},
      {"XDP", "socket", {AF_XDP, SOCK_RAW, 0}, "NET_RAW"},
      {"keys of IPsec", "socket", {AF_KEY, SOCK_RAW, 2}, "NET_ADMIN"},
      {"local", "socket", {AF_UNIX, SOCK_STREAM, 0}, ""},
      {.name = "netlink",
       .call = "socket",
       .arguments = {AF_NETLINK, SOCK_RAW, 0},
       .need = "",
       .tracks_result = true},

      {"port 1023", "bind", {5, internet(1023), 16}, "NET_BIND_SERVICE", furnish},
      {"port 1024", "bind", {5, internet(1024), 16}, "", furnish},
      {"port 1", "bind", {6, internet6(1), 28}, "NET_BIND_SERVICE", furnish},
      {"whichever port", "bind", {5, internet(0), 16}, "", furnish},
      {"port 1 where all are free", "bind", {5, internet(1), 16}, "", begin_ports_at_0},
      {"port 79 where they are from 80", "bind", {5, internet(79), 16}, "NET_BIND_SERVICE", begin_ports_at_80},
      {"port 80 where they are from 80", "bind", {5, internet(80), 16}, "", begin_ports_at_80},
      {"raw sockets have no ports", "bind", {7, internet(80), 16}, "", furnish},
      {"pings have none either", "bind", {8, internet(80), 16}, "", furnish},
      {"what is no socket", "bind", {9, internet(80), 16}, "", furnish},
      {"an address that cannot be read", "bind", {5, 8, 16}, "", furnish},
      {"vsock port 1023", "bind", {9, machine(1023), 16}, "NET_BIND_SERVICE", furnish},
      {"vsock port 1024", "bind", {9, machine(1024), 16}, "", furnish},
      {"a socket in another's folder", "bind", {9, local("/run/new"), kLocalSize}, "DAC_OVERRIDE", furnish},
      {"a socket in everybody's folder", "bind", {9, local("/tmp/new"), kLocalSize}, "", furnish},
      {"an abstract name", "bind", {9, local(std::string_view("\0/run/new", 9)), kLocalSize}, "", furnish},
      {"an address without a name", "bind", {9, local(""), 2}, "", furnish},

      {"what anybody may write to", "connect", {9, local("/run/open"), kLocalSize}, "", furnish},
      {"what is closed", "connect", {9, local("/run/shut"), kLocalSize}, "DAC_OVERRIDE", furnish},
      {"behind a closed folder", "connect", {9, local("/root/socket"), kLocalSize}, kWay, furnish},
      {"a low port", "connect", {5, internet(80), 16}, "", furnish},
      {"what is closed", "sendto", {9, 0, 0, 0, local("/run/shut"), kLocalSize}, "DAC_OVERRIDE", furnish},
      {"what anybody may write to", "sendto", {9, 0, 0, 0, local("/run/open"), kLocalSize}, "", furnish},
      {"no address", "sendto", {9, 0, 0, 0, 0, 0}, "", furnish},

      sets("a large buffer to send", SOL_SOCKET, SO_SNDBUFFORCE, kZero, "NET_ADMIN"),
      sets("a large buffer to receive", SOL_SOCKET, SO_RCVBUFFORCE, kZero, "NET_ADMIN"),
      sets("an ordinary buffer", SOL_SOCKET, SO_SNDBUF, kZero, ""),
      sets("debugging", SOL_SOCKET, SO_DEBUG, kOne, "NET_ADMIN"),
      sets("no debugging", SOL_SOCKET, SO_DEBUG, kZero, ""),
      sets("priority 6", SOL_SOCKET, SO_PRIORITY, number(6), ""),
      sets("priority 7", SOL_SOCKET, SO_PRIORITY, number(7), kAdminOrRaw),
      sets("priority -1", SOL_SOCKET, SO_PRIORITY, number(-1), kAdminOrRaw),
      sets("a mark", SOL_SOCKET, SO_MARK, kZero, kAdminOrRaw),
      sets("to see marks", SOL_SOCKET, 75, kOne, kAdminOrRaw),
      sets("the first device", SOL_SOCKET, SO_BINDTODEVICE, kOne, ""),
      sets("another device", SOL_SOCKET, SO_BINDTODEVICE, kOne, "NET_RAW", bind_5_to_device),
      sets("the first device by its number", SOL_SOCKET, 62, kOne, ""),
      sets("another device by its number", SOL_SOCKET, 62, kOne, "NET_RAW", bind_5_to_device),
      sets("polling for 8", SOL_SOCKET, 70, number(8), ""),
      sets("polling for 9", SOL_SOCKET, 70, number(9), "NET_ADMIN"),
      sets("rather polling", SOL_SOCKET, 69, kOne, "NET_ADMIN"),
      sets("rather no polling", SOL_SOCKET, 69, kZero, ""),
      sets("times to send by the free clock", SOL_SOCKET, 61, clock_at(CLOCK_MONOTONIC), ""),
      sets("times to send by another clock", SOL_SOCKET, 61, clock_at(CLOCK_TAI), "NET_ADMIN"),
      sets("others' addresses", IPPROTO_IP, IP_TRANSPARENT, kOne, kAdminOrRaw),
      sets("one's own addresses", IPPROTO_IP, IP_TRANSPARENT, kZero, ""),
      sets("a policy of IPsec", IPPROTO_IP, 16, kOne, "NET_ADMIN"),
      sets("a policy of XFRM", IPPROTO_IP, 17, kOne, "NET_ADMIN"),
      sets("rules of iptables", IPPROTO_IP, 64, kOne, "NET_ADMIN"),
      sets("counters of iptables", IPPROTO_IP, 65, kOne, "NET_ADMIN"),
      sets("others' addresses, IPv6", IPPROTO_IPV6, 75, kOne, kAdminOrRaw),
      sets("one's own addresses, IPv6", IPPROTO_IPV6, 75, kZero, ""),
      sets("options for every hop", IPPROTO_IPV6, IPV6_HOPOPTS, kOne, "NET_RAW"),
      sets("options for the route's hops", IPPROTO_IPV6, IPV6_RTHDRDSTOPTS, kOne, "NET_RAW"),
      sets("a route is anybody's", IPPROTO_IPV6, IPV6_RTHDR, kOne, ""),
      sets("options for the destination", IPPROTO_IPV6, IPV6_DSTOPTS, kOne, "NET_RAW"),
      sets("rules of ip6tables", IPPROTO_IPV6, 64, kOne, "NET_ADMIN"),
      sets("repair", IPPROTO_TCP, TCP_REPAIR, kOne, "NET_ADMIN"),
      sets("no delay", IPPROTO_TCP, TCP_NODELAY, kOne, ""),
      {"rules of iptables", "getsockopt", {5, IPPROTO_IP, 64}, "NET_ADMIN"},
      {"the last of them", "getsockopt", {5, IPPROTO_IPV6, 67}, "NET_ADMIN"},
      {"the next option", "getsockopt", {5, IPPROTO_IP, 68}, ""},
      {"the option before", "getsockopt", {5, IPPROTO_IP, 63}, ""},
      {"that number elsewhere", "getsockopt", {5, SOL_SOCKET, 64}, ""},

      {"one's own credentials", "sendmsg", {9, message_of(100, 1, 3)}, "", have_three_ids},
      {"the ids for files are not among them", "sendmsg", {9, message_of(100, 4, 2)}, "SETUID", have_three_ids},
      {"another user's", "sendmsg", {9, message_of(100, 9, 2)}, "SETUID", have_three_ids},
      {"another group's", "sendmsg", {9, message_of(100, 2, 9)}, "SETGID", have_three_ids},
      {"another process's", "sendmsg", {9, message_of(200, 2, 2)}, "SYS_ADMIN", have_three_ids},
      {"somebody else's", "sendmsg", {9, message_of(200, 9, 9)}, "SETUID & SETGID & SYS_ADMIN", have_three_ids},
      {"descriptors", "sendmsg", {9, message_of(200, 9, 9, SCM_RIGHTS)}, "", have_three_ids},
      {"a message that cannot be read", "sendmsg", {9, 8}, "", have_three_ids},
  };
  return kCases;
}

TEST_CASE("sockets of some kinds, low ports and some options need capabilities") {
  check_cases(network_cases());
}

}  // namespace snug::tracer::played
