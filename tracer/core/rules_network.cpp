// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include <array>
#include <cstring>

#include "tracer/core/rules.hpp"

// Sockets (net/core/sock.c, net/ipv4, net/netlink).
namespace snug::tracer {
namespace {

void make_socket(const Call& call, Surroundings& /*around*/, Judgement& judgement) {
  const int domain = int_of(call, 0);
  const int type = int_of(call, 1) & 0xf;  // without SOCK_CLOEXEC and SOCK_NONBLOCK
  const bool is_internet = domain == AF_INET || domain == AF_INET6;
  judgement.tracks_result = domain == AF_NETLINK;
  if (domain == AF_PACKET || domain == AF_XDP || (is_internet && type == SOCK_RAW)) {
    judgement.all(kNetRaw);
    judgement.on = domain == AF_PACKET ? "a packet socket" : domain == AF_XDP ? "an XDP socket" : "a raw socket";
  } else if (domain == AF_KEY) {
    judgement.all(kNetAdmin);
    judgement.on = "a PF_KEY socket";
  }
}

constexpr int kLowestFreePort = 1024;

void bind_port(Surroundings& around, Judgement& judgement, const SocketFacts& facts, unsigned port) {
  const bool is_ping = facts.protocol == IPPROTO_ICMP || facts.protocol == IPPROTO_ICMPV6;
  if (port == 0 || facts.type == SOCK_RAW || is_ping) return;
  const auto start = around.setting("net/ipv4/ip_unprivileged_port_start").value_or(kLowestFreePort);
  if (port >= start) return;
  judgement.all(kNetBindService);
  judgement.on = fmt::format("port {}/{}", port, facts.type == SOCK_DGRAM ? "udp" : "tcp");
}

// The path in a Unix socket's address; empty for one in the abstract namespace.
std::string path_in(Surroundings& around, std::uint64_t address, std::uint64_t size) {
  const std::string bytes = around.bytes(address, std::min<std::uint64_t>(size, sizeof(sockaddr_un)));
  constexpr std::size_t kStart = offsetof(sockaddr_un, sun_path);
  return bytes.size() <= kStart ? "" : std::string(bytes.c_str() + kStart);
}

// The protocols whose groups are not for everybody (NL_CFG_F_NONROOT_RECV).
bool is_closed(const SocketFacts& facts) {
  return facts.protocol == NETLINK_NETFILTER || facts.protocol == NETLINK_XFRM;
}

void bind_socket(const Call& call, Surroundings& around, Judgement& judgement) {
  const auto family = read<sa_family_t>(around, call.arguments[1]);
  if (!family) return;
  if (*family == AF_INET || *family == AF_INET6) {
    const auto address = read<sockaddr_in>(around, call.arguments[1]);  // the port is at the same place in both
    const auto facts = around.socket(int_of(call, 0));
    if (address && facts) bind_port(around, judgement, *facts, ntohs(address->sin_port));
  } else if (*family == AF_VSOCK) {
    const auto address = read<sockaddr_vm>(around, call.arguments[1]);
    if (!address || address->svm_port >= kLowestFreePort) return;
    judgement.all(kNetBindService);
    judgement.on = fmt::format("vsock port {}", address->svm_port);
  } else if (*family == AF_NETLINK) {
    const auto address = read<sockaddr_nl>(around, call.arguments[1]);
    const auto facts = around.socket(int_of(call, 0));
    if (!address || address->nl_groups == 0 || !facts) return;
    if (facts->protocol == NETLINK_AUDIT) judgement.all(kAuditRead);
    if (is_closed(*facts)) judgement.all(kNetAdmin);
    if (!judgement.need.empty()) judgement.on = "netlink groups";
  } else if (*family == AF_UNIX) {
    const std::string path = path_in(around, call.arguments[1], call.arguments[2]);
    if (!path.empty()) need_access(around, judgement, parent_of({AT_FDCWD, path}), kWrite | kExecute);
  }
}

template <int address, int size>
void reach_socket(const Call& call, Surroundings& around, Judgement& judgement) {
  if (read<sa_family_t>(around, call.arguments[address]).value_or(AF_UNSPEC) != AF_UNIX) return;
  const std::string path = path_in(around, call.arguments[address], call.arguments[size]);
  if (!path.empty()) need_access(around, judgement, {AT_FDCWD, path}, kWrite);
}

struct OptionRow {
  int level;
  int option;
  std::string_view name;
  CapabilitySet any;
  bool (*matters)(const Call& call, Surroundings& around);
};

int value_of(const Call& call, Surroundings& around) {
  return read<int>(around, call.arguments[3]).value_or(0);
}

bool always(const Call& /*call*/, Surroundings& /*around*/) {
  return true;
}
bool if_set(const Call& call, Surroundings& around) {
  return value_of(call, around) != 0;
}
bool if_other_clock(const Call& call, Surroundings& around) {
  return value_of(call, around) != CLOCK_MONOTONIC;  // sch_fq's, which is safe for anybody
}
bool if_high_priority(const Call& call, Surroundings& around) {
  const int priority = value_of(call, around);
  return priority < 0 || priority > 6;
}
bool if_rebound(const Call& call, Surroundings& around) {
  return around.is_bound_to_device(int_of(call, 0));
}
bool if_large_budget(const Call& call, Surroundings& around) {
  constexpr int kUsual = 8;  // BUSY_POLL_BUDGET
  return value_of(call, around) > kUsual;
}
bool if_audit(const Call& call, Surroundings& around) {
  const auto facts = around.socket(int_of(call, 0));
  return facts && facts->protocol == NETLINK_AUDIT;
}
bool if_closed(const Call& call, Surroundings& around) {
  const auto facts = around.socket(int_of(call, 0));
  return facts && is_closed(*facts);
}

constexpr CapabilitySet kAdmin = set_of({kNetAdmin});
constexpr CapabilitySet kRaw = set_of({kNetRaw});
constexpr CapabilitySet kAdminOrRaw = set_of({kNetAdmin, kNetRaw});

// By number where the C library's headers may be older than the option.
constexpr std::array kOptions{
    OptionRow{SOL_SOCKET, SO_SNDBUFFORCE, "SO_SNDBUFFORCE", kAdmin, always},
    OptionRow{SOL_SOCKET, SO_RCVBUFFORCE, "SO_RCVBUFFORCE", kAdmin, always},
    OptionRow{SOL_SOCKET, SO_DEBUG, "SO_DEBUG", kAdmin, if_set},
    OptionRow{SOL_SOCKET, SO_PRIORITY, "SO_PRIORITY", kAdminOrRaw, if_high_priority},
    OptionRow{SOL_SOCKET, SO_MARK, "SO_MARK", kAdminOrRaw, always},
    OptionRow{SOL_SOCKET, 75, "SO_RCVMARK", kAdminOrRaw, always},
    OptionRow{SOL_SOCKET, SO_BINDTODEVICE, "SO_BINDTODEVICE", kRaw, if_rebound},
    OptionRow{SOL_SOCKET, 62, "SO_BINDTOIFINDEX", kRaw, if_rebound},
    OptionRow{SOL_SOCKET, 70, "SO_BUSY_POLL_BUDGET", kAdmin, if_large_budget},
    OptionRow{SOL_SOCKET, 69, "SO_PREFER_BUSY_POLL", kAdmin, if_set},
    OptionRow{SOL_SOCKET, 61, "SO_TXTIME", kAdmin, if_other_clock},
    OptionRow{IPPROTO_IP, IP_TRANSPARENT, "IP_TRANSPARENT", kAdminOrRaw, if_set},
    OptionRow{IPPROTO_IP, 16, "IP_IPSEC_POLICY", kAdmin, always},
    OptionRow{IPPROTO_IP, 17, "IP_XFRM_POLICY", kAdmin, always},
    OptionRow{IPPROTO_IP, 64, "IPT_SO_SET_REPLACE", kAdmin, always},
    OptionRow{IPPROTO_IP, 65, "IPT_SO_SET_ADD_COUNTERS", kAdmin, always},
    OptionRow{IPPROTO_IPV6, 75, "IPV6_TRANSPARENT", kAdminOrRaw, if_set},
    OptionRow{IPPROTO_IPV6, 54, "IPV6_HOPOPTS", kRaw, always},
    OptionRow{IPPROTO_IPV6, 55, "IPV6_RTHDRDSTOPTS", kRaw, always},
    OptionRow{IPPROTO_IPV6, 59, "IPV6_DSTOPTS", kRaw, always},
    OptionRow{IPPROTO_IPV6, 64, "IP6T_SO_SET_REPLACE", kAdmin, always},
    OptionRow{IPPROTO_TCP, TCP_REPAIR, "TCP_REPAIR", kAdmin, always},
    OptionRow{SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, "NETLINK_LISTEN_ALL_NSID", set_of({kNetBroadcast}), always},
    OptionRow{SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, "audit messages", set_of({kAuditRead}), if_audit},
    OptionRow{SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, "a closed netlink group", kAdmin, if_closed},
};

void set_option(const Call& call, Surroundings& around, Judgement& judgement) {
  for (const OptionRow& row : kOptions) {
    if (row.level != int_of(call, 1) || row.option != int_of(call, 2) || !row.matters(call, around)) continue;
    judgement.need.insert(row.any);
    judgement.on = row.name;
  }
}

// The tables of iptables, read.
void get_option(const Call& call, Surroundings& /*around*/, Judgement& judgement) {
  const int level = int_of(call, 1);
  const int option = int_of(call, 2);
  if ((level != IPPROTO_IP && level != IPPROTO_IPV6) || option < 64 || option > 67) return;
  judgement.all(kNetAdmin);
  judgement.on = level == IPPROTO_IP ? "the tables of iptables" : "the tables of ip6tables";
}

constexpr std::uint16_t kFirstUserMessage = 1100;
constexpr std::uint16_t kLastUserMessage = 1199;
constexpr std::uint16_t kFirstOtherUserMessage = 2100;
constexpr std::uint16_t kLastOtherUserMessage = 2999;

bool writes_audit(std::uint16_t type) {
  return type == AUDIT_USER || (type >= kFirstUserMessage && type <= kLastUserMessage) ||
         (type >= kFirstOtherUserMessage && type <= kLastOtherUserMessage);
}

// Rtnetlink's messages come in fours: new, delete, get, set (net/core/rtnetlink.c).
bool changes_routes(std::uint16_t type) {
  constexpr std::uint16_t kBase = 16;
  return type >= kBase && ((type - kBase) & 3) != 2;
}

void need_for_message(Surroundings& around, Judgement& judgement, int descriptor, std::uint64_t address) {
  const auto facts = around.socket(descriptor);
  const auto header = read<nlmsghdr>(around, address);
  if (!facts || facts->domain != AF_NETLINK || !header) return;
  const std::uint16_t type = header->nlmsg_type;
  switch (facts->protocol) {
    case NETLINK_ROUTE:
      if (!changes_routes(type)) return;
      judgement.all(kNetAdmin);
      judgement.on = fmt::format("rtnetlink message {}", type);
      return;
    case NETLINK_AUDIT:
      judgement.all(writes_audit(type) ? kAuditWrite : kAuditControl);
      judgement.on = fmt::format("audit message {}", type);
      return;
    case NETLINK_NETFILTER:
      judgement.all(kNetAdmin);
      judgement.on = "netfilter";
      return;
    case NETLINK_XFRM:
      judgement.all(kNetAdmin);
      judgement.on = "xfrm";
      return;
    default:
      return;
  }
}

void send_to(const Call& call, Surroundings& around, Judgement& judgement) {
  need_for_message(around, judgement, int_of(call, 0), call.arguments[1]);
}

void send_message(const Call& call, Surroundings& around, Judgement& judgement) {
  const auto message = read<msghdr>(around, call.arguments[1]);
  if (!message || message->msg_iovlen == 0) return;
  const auto vector = read<iovec>(around, std::bit_cast<std::uint64_t>(message->msg_iov));
  if (vector) need_for_message(around, judgement, int_of(call, 0), std::bit_cast<std::uint64_t>(vector->iov_base));
}

// Unix sockets carry credentials, which need not be one's own for who could take them on.
void send_credentials(const Call& call, Surroundings& around, Judgement& judgement) {
  const auto message = read<msghdr>(around, call.arguments[1]);
  if (!message || message->msg_controllen < sizeof(cmsghdr)) return;
  const auto control = std::bit_cast<std::uint64_t>(message->msg_control);
  struct Header {  // cmsghdr without what follows it
    std::size_t size;
    int level;
    int type;
  };
  const auto header = read<Header>(around, control);
  if (!header || header->level != SOL_SOCKET || header->type != SCM_CREDENTIALS) return;
  const auto sent = read<ucred>(around, control + CMSG_LEN(0));
  if (!sent) return;
  const Credentials& own = around.own();
  const auto is_mine = [](const Ids& ids, std::uint32_t id) {
    return id == ids.real || id == ids.effective || id == ids.saved;
  };
  if (!is_mine(own.uid, sent->uid)) judgement.all(kSetuid);
  if (!is_mine(own.gid, sent->gid)) judgement.all(kSetgid);
  if (const auto sender = around.process(sent->pid); sender && sender->process != own.process)
    judgement.all(kSysAdmin);
  if (!judgement.need.empty()) judgement.on = fmt::format("credentials of uid {}, gid {}", sent->uid, sent->gid);
}

constexpr CapabilitySet kBinding = set_of({kNetBindService, kAuditRead, kNetAdmin}) | kWays;
constexpr CapabilitySet kSending = set_of({kNetAdmin, kAuditWrite, kAuditControl});
constexpr CapabilitySet kOption = set_of({kNetAdmin, kNetRaw, kNetBroadcast, kAuditRead});

constexpr std::array kRules{
    NamedRule{"socket", {set_of({kNetRaw, kNetAdmin, kAuditWrite, kAuditControl}), make_socket}},
    NamedRule{"bind", {kBinding, bind_socket}},
    NamedRule{"connect", {kWays, reach_socket<1, 2>}},
    NamedRule{"sendto", {kWays, reach_socket<4, 5>}},
    NamedRule{"setsockopt", {kOption, set_option}},
    NamedRule{"getsockopt", {set_of({kNetAdmin}), get_option}},
    NamedRule{"sendto", {kSending, send_to, false, OnlyFor::tracked}},
    NamedRule{"write", {kSending, send_to, false, OnlyFor::tracked}},
    NamedRule{"sendmsg", {kSending, send_message, false, OnlyFor::tracked}},
    NamedRule{"sendmmsg", {kSending, send_message, false, OnlyFor::tracked}},
    NamedRule{"sendmsg", {set_of({kSetuid, kSetgid, kSysAdmin}), send_credentials}},
};

}  // namespace

std::span<const NamedRule> network_rules() {
  return kRules;
}

}  // namespace snug::tracer
