// SPDX-License-Identifier: Apache-2.0
// Cases about sockets: NET_BIND_SERVICE, NET_RAW, and what of their options NET_ADMIN is for.
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/net_tstamp.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "capability_calls.h"

static int bind_port(int type, in_port_t port) {
  const struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
  return verdict(bind(socket(AF_INET, type, 0), (const struct sockaddr*)&name, sizeof(name)));
}

static int bind_tcp(void) {
  return bind_port(SOCK_STREAM, 80);
}

static int bind_udp(void) {
  return bind_port(SOCK_DGRAM, 53);
}

static int bind_last_low_port(void) {
  return bind_port(SOCK_STREAM, 1023);
}

static int bind_first_high_port(void) {
  return bind_port(SOCK_STREAM, 1024);
}

static int bind_any_port(void) {
  return bind_port(SOCK_DGRAM, 0);
}

static int bind_port6(int type, in_port_t port) {
  const struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  return verdict(bind(socket(AF_INET6, type, 0), (const struct sockaddr*)&name, sizeof(name)));
}

static int bind_tcp6(void) {
  return bind_port6(SOCK_STREAM, 443);
}

static int bind_udp6(void) {
  return bind_port6(SOCK_DGRAM, 53);
}

static int bind_high_port6(void) {
  return bind_port6(SOCK_STREAM, 8080);
}

static int bind_vsock_port(unsigned port) {
  struct sockaddr_vm name;
  const int file = socket(AF_VSOCK, SOCK_STREAM, 0);
  if (file < 0) return impossible("no AF_VSOCK");
  memset(&name, 0, sizeof(name));
  name.svm_family = AF_VSOCK;
  name.svm_cid = VMADDR_CID_ANY;
  name.svm_port = port;
  return verdict(bind(file, (const struct sockaddr*)&name, sizeof(name)));
}

static int bind_vsock(void) {
  return bind_vsock_port(1022);
}

static int open_raw(void) {
  return verdict(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

static int open_raw6(void) {
  return verdict(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));
}

static int open_packet(void) {
  return verdict(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)));
}

static int open_cooked_packet(void) {
  return verdict(socket(AF_PACKET, SOCK_DGRAM, 0));
}

static int open_tcp(void) {
  return verdict(socket(AF_INET, SOCK_STREAM, 0));
}

static int open_udp6(void) {
  return verdict(socket(AF_INET6, SOCK_DGRAM, 0));
}

static int set_option(int type, int level, int option, int value) {
  return verdict(setsockopt(socket(AF_INET, type, 0), level, option, &value, sizeof(value)));
}

static int set_mark(void) {
  return set_option(SOCK_DGRAM, SOL_SOCKET, SO_MARK, 7);
}

static int set_high_priority(void) {
  return set_option(SOCK_DGRAM, SOL_SOCKET, SO_PRIORITY, 7);
}

static int set_low_priority(void) {
  return set_option(SOCK_DGRAM, SOL_SOCKET, SO_PRIORITY, 6);
}

static int set_transparent(void) {
  return set_option(SOCK_STREAM, SOL_IP, IP_TRANSPARENT, 1);
}

static int set_transparent6(void) {
  const int one = 1;
  const int file = socket(AF_INET6, SOCK_STREAM, 0);
  return verdict(setsockopt(file, SOL_IPV6, IPV6_TRANSPARENT, &one, sizeof(one)));
}

static int set_free_bind(void) {
  return set_option(SOCK_STREAM, SOL_IP, IP_FREEBIND, 1);
}

static int set_reuse(void) {
  return set_option(SOCK_STREAM, SOL_SOCKET, SO_REUSEPORT, 1);
}

static int force_receive_buffer(void) {
  return set_option(SOCK_DGRAM, SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20);
}

static int force_send_buffer(void) {
  return set_option(SOCK_DGRAM, SOL_SOCKET, SO_SNDBUFFORCE, 1 << 20);
}

static int set_receive_buffer(void) {
  return set_option(SOCK_DGRAM, SOL_SOCKET, SO_RCVBUF, 1 << 20);
}

static int set_debug(void) {
  return set_option(SOCK_DGRAM, SOL_SOCKET, SO_DEBUG, 1);
}

// Older kernels ask for NET_ADMIN.
static int poll_longer(void) {
  if (is_older_than(6, 15)) return impossible("Linux is older than 6.15");
  return set_option(SOCK_DGRAM, SOL_SOCKET, SO_BUSY_POLL, 50);
}

static int prefer_to_poll(void) {
  return set_option(SOCK_DGRAM, SOL_SOCKET, SO_PREFER_BUSY_POLL, 1);
}

static int poll_more(void) {
  return set_option(SOCK_DGRAM, SOL_SOCKET, SO_BUSY_POLL_BUDGET, 64);
}

static int repair_connection(void) {
  return set_option(SOCK_STREAM, SOL_TCP, TCP_REPAIR, 1);
}

static int set_times_of_sending(void) {
  const struct sock_txtime when = {.clockid = CLOCK_REALTIME, .flags = 0};
  return verdict(setsockopt(socket(AF_INET, SOCK_DGRAM, 0), SOL_SOCKET, SO_TXTIME, &when, sizeof(when)));
}

static int set_congestion_control(void) {
  return verdict(setsockopt(socket(AF_INET, SOCK_STREAM, 0), SOL_TCP, TCP_CONGESTION, "reno", 4));
}

static int bind_to_device(void) {
  return verdict(setsockopt(socket(AF_INET, SOCK_DGRAM, 0), SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
}

static int bind_to_device_again(void) {
  const int file = socket(AF_INET, SOCK_DGRAM, 0);
  if (setsockopt(file, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) != 0) return ODD;
  return verdict(setsockopt(file, SOL_SOCKET, SO_BINDTODEVICE, "", 1));
}

static int attach_filter(void) {
  struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffff);
  const struct sock_fprog filter = {1, &all};
  const int file = socket(AF_INET, SOCK_DGRAM, 0);
  return verdict(setsockopt(file, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)));
}

static const struct capability_case cases[] = {
    {"bind_low_tcp_port", "NET_BIND_SERVICE", NULL, bind_tcp, NULL},
    {"bind_low_udp_port", "NET_BIND_SERVICE", NULL, bind_udp, NULL},
    {"bind_last_low_port", "NET_BIND_SERVICE", NULL, bind_last_low_port, NULL},
    {"bind_first_high_port", "-", NULL, bind_first_high_port, NULL},
    {"bind_any_port", "-", NULL, bind_any_port, NULL},
    {"bind_low_tcp6_port", "NET_BIND_SERVICE", NULL, bind_tcp6, NULL},
    {"bind_low_udp6_port", "NET_BIND_SERVICE", NULL, bind_udp6, NULL},
    {"bind_high_tcp6_port", "-", NULL, bind_high_port6, NULL},
    {"bind_low_vsock_port", "NET_BIND_SERVICE", NULL, bind_vsock, NULL},
    {"open_raw_socket", "NET_RAW", NULL, open_raw, NULL},
    {"open_raw6_socket", "NET_RAW", NULL, open_raw6, NULL},
    {"open_packet_socket", "NET_RAW", NULL, open_packet, NULL},
    {"open_cooked_packet_socket", "NET_RAW", NULL, open_cooked_packet, NULL},
    {"open_tcp_socket", "-", NULL, open_tcp, NULL},
    {"open_udp6_socket", "-", NULL, open_udp6, NULL},
    {"set_socket_mark", "NET_RAW|NET_ADMIN", NULL, set_mark, NULL},
    {"set_high_socket_priority", "NET_RAW|NET_ADMIN", NULL, set_high_priority, NULL},
    {"set_low_socket_priority", "-", NULL, set_low_priority, NULL},
    {"set_socket_transparent", "NET_RAW|NET_ADMIN", NULL, set_transparent, NULL},
    {"set_socket6_transparent", "NET_RAW|NET_ADMIN", NULL, set_transparent6, NULL},
    {"set_socket_free_to_bind", "-", NULL, set_free_bind, NULL},
    {"set_socket_reuse", "-", NULL, set_reuse, NULL},
    {"force_receive_buffer", "NET_ADMIN", NULL, force_receive_buffer, NULL},
    {"force_send_buffer", "NET_ADMIN", NULL, force_send_buffer, NULL},
    {"set_receive_buffer", "-", NULL, set_receive_buffer, NULL},
    {"set_socket_debug", "NET_ADMIN", NULL, set_debug, NULL},
    {"poll_socket_longer", "-", NULL, poll_longer, NULL},
    {"prefer_to_poll_socket", "NET_ADMIN", NULL, prefer_to_poll, NULL},
    {"poll_socket_more", "NET_ADMIN", NULL, poll_more, NULL},
    {"repair_connection", "NET_ADMIN", NULL, repair_connection, NULL},
    {"set_times_of_sending", "NET_ADMIN", NULL, set_times_of_sending, NULL},
    {"set_congestion_control", "-", NULL, set_congestion_control, NULL},
    {"bind_to_device", "-", NULL, bind_to_device, NULL},
    {"bind_to_device_again", "NET_RAW", NULL, bind_to_device_again, NULL},
    {"attach_socket_filter", "-", NULL, attach_filter, NULL},
};

const struct capability_table socket_cases = TABLE(cases);
