// SPDX-License-Identifier: Apache-2.0
#include <linux/bpf.h>
#include <linux/dqblk_xfs.h>
#include <linux/fanotify.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/mount.h>
#include <linux/quota.h>
#include <linux/random.h>
#include <linux/rtc.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/timex.h>
#include <time.h>

#include <algorithm>
#include <array>

#include "tracer/core/rules.hpp"

// The machine itself: mounts, clocks, devices, modules, programs for the kernel. Mostly calls that always need the
// same.
namespace snug::tracer {
namespace {

template <Capability capability>
void always(const Call& /*call*/, Surroundings& /*around*/, Judgement& judgement) {
  judgement.all(capability);
}

// A path in the first argument says what it is about.
template <Capability capability, int path>
void always_on(const Call& call, Surroundings& around, Judgement& judgement) {
  judgement.all(capability);
  judgement.on = around.text(call.arguments[path]);
}

void open_tree(const Call& call, Surroundings& around, Judgement& judgement) {
  if ((call.arguments[2] & OPEN_TREE_CLONE) != 0) always_on<kSysAdmin, 1>(call, around, judgement);
}

// Everybody may ask for what is their own.
template <int command>
void set_quota(const Call& call, Surroundings& around, Judgement& judgement) {
  constexpr std::uint32_t kSubcommand = 0xffffff;
  const auto what = static_cast<std::uint32_t>(call.arguments[command]);
  const std::uint32_t subcommand = what >> SUBCMDSHIFT;
  const bool of_users = (what & SUBCMDMASK) == USRQUOTA;
  const std::uint32_t id = id_of(call, 2);
  const bool is_own = of_users ? id == around.own().uid.effective : is_in_group(around.own(), id);
  const auto is_one = [&](std::uint32_t each) { return subcommand == (each & kSubcommand); };
  if (is_one(Q_SYNC) || is_one(Q_GETFMT) || is_one(Q_GETINFO)) return;
  if (is_one(Q_XQUOTASYNC) || is_one(Q_XGETQSTAT) || is_one(Q_XGETQSTATV)) return;
  if ((is_one(Q_GETQUOTA) || is_one(Q_XGETQUOTA)) && is_own) return;
  judgement.all(kSysAdmin);
  judgement.on = "quotas";
}

void read_log(const Call& call, Surroundings& around, Judgement& judgement) {
  constexpr int kReadAll = 3;
  constexpr int kSize = 10;
  const int action = int_of(call, 0);
  const bool is_free = action == kReadAll || action == kSize;
  if (is_free && around.setting("kernel/dmesg_restrict").value_or(1) == 0) return;
  judgement.all(kSyslog);
  judgement.on = "the kernel's log";
}

template <int buffer>
void adjust_clock(const Call& call, Surroundings& around, Judgement& judgement) {
  const auto modes = read<unsigned>(around, call.arguments[buffer]);
  if (!modes || *modes == 0 || *modes == ADJ_OFFSET_SS_READ) return;
  judgement.all(kSysTime);
  judgement.on = "the clock";
}

template <int clock>
void make_timer(const Call& call, Surroundings& /*around*/, Judgement& judgement) {
  const int id = int_of(call, clock);
  if (id != CLOCK_REALTIME_ALARM && id != CLOCK_BOOTTIME_ALARM) return;
  judgement.all(kWakeAlarm);
  judgement.on = "a timer that wakes the machine";
}

void control_epoll(const Call& call, Surroundings& around, Judgement& judgement) {
  if (int_of(call, 1) == EPOLL_CTL_DEL) return;
  const auto events = read<std::uint32_t>(around, call.arguments[3]);
  if (!events || (*events & EPOLLWAKEUP) == 0) return;
  judgement.all(kBlockSuspend);
  judgement.on = "EPOLLWAKEUP";
}

// fs/notify/fanotify: what anybody may ask for is little, and tells no descriptors.
void watch_files(const Call& call, Surroundings& /*around*/, Judgement& judgement) {
  constexpr std::uint64_t kTellsIds = 0x200 | 0x400;
  constexpr std::uint64_t kFree =
      0x1 | 0x2 | kTellsIds | 0x800 | 0x1000;  // close-on-exec, non-blocking, ids, names
  if ((call.arguments[0] & ~kFree) == 0 && (call.arguments[0] & kTellsIds) != 0) return;
  judgement.all(kSysAdmin);
  judgement.on = "fanotify";
}

void raise_io_level(const Call& call, Surroundings& /*around*/, Judgement& judgement) {
  if (call.arguments[0] != 0) judgement.all(kSysRawio);
}

void permit_ports(const Call& call, Surroundings& /*around*/, Judgement& judgement) {
  if (int_of(call, 2) != 0) judgement.all(kSysRawio);
}

// is_perfmon_prog_type() and is_net_admin_prog_type() in kernel/bpf/syscall.c.
constexpr int kNetfilter = 32;  // BPF_PROG_TYPE_NETFILTER, of Linux 6.4
constexpr std::array<int, 9> kTracing{BPF_PROG_TYPE_KPROBE,     BPF_PROG_TYPE_TRACEPOINT,
                                      BPF_PROG_TYPE_PERF_EVENT, BPF_PROG_TYPE_RAW_TRACEPOINT,
                                      BPF_PROG_TYPE_TRACING,    BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
                                      BPF_PROG_TYPE_LSM,        BPF_PROG_TYPE_STRUCT_OPS,
                                      BPF_PROG_TYPE_EXT};
constexpr std::array<int, 19> kNetworking{BPF_PROG_TYPE_SCHED_CLS,
                                          BPF_PROG_TYPE_SCHED_ACT,
                                          BPF_PROG_TYPE_XDP,
                                          BPF_PROG_TYPE_LWT_IN,
                                          BPF_PROG_TYPE_LWT_OUT,
                                          BPF_PROG_TYPE_LWT_XMIT,
                                          BPF_PROG_TYPE_LWT_SEG6LOCAL,
                                          BPF_PROG_TYPE_SK_SKB,
                                          BPF_PROG_TYPE_SK_MSG,
                                          BPF_PROG_TYPE_LIRC_MODE2,
                                          BPF_PROG_TYPE_FLOW_DISSECTOR,
                                          BPF_PROG_TYPE_CGROUP_DEVICE,
                                          BPF_PROG_TYPE_CGROUP_SOCK,
                                          BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
                                          BPF_PROG_TYPE_CGROUP_SOCKOPT,
                                          BPF_PROG_TYPE_CGROUP_SYSCTL,
                                          BPF_PROG_TYPE_SOCK_OPS,
                                          BPF_PROG_TYPE_EXT,
                                          kNetfilter};

// What may be loaded by anybody where that is allowed at all.
bool may_be_free(int command, int type) {
  return command == BPF_MAP_CREATE ||
         (command == BPF_PROG_LOAD && (type == BPF_PROG_TYPE_SOCKET_FILTER || type == BPF_PROG_TYPE_CGROUP_SKB));
}

void use_bpf(const Call& call, Surroundings& around, Judgement& judgement) {
  const int command = int_of(call, 0);
  constexpr std::array<int, 9> kAsking{BPF_PROG_GET_NEXT_ID,  BPF_MAP_GET_NEXT_ID,  BPF_PROG_GET_FD_BY_ID,
                                       BPF_MAP_GET_FD_BY_ID,  BPF_BTF_GET_FD_BY_ID, BPF_BTF_GET_NEXT_ID,
                                       BPF_LINK_GET_FD_BY_ID, BPF_LINK_GET_NEXT_ID, BPF_ENABLE_STATS};
  if (std::ranges::find(kAsking, command) != kAsking.end()) {
    judgement.all(kSysAdmin);
    judgement.on = "the machine's BPF objects";
  }
  if (command != BPF_MAP_CREATE && command != BPF_PROG_LOAD && command != BPF_BTF_LOAD) return;
  judgement.on = command == BPF_MAP_CREATE ? "a BPF map" : "a BPF program";
  const int type = command == BPF_PROG_LOAD ? read<int>(around, call.arguments[1]).value_or(0) : 0;
  const bool is_disabled = around.setting("kernel/unprivileged_bpf_disabled").value_or(2) != 0;
  if (is_disabled || !may_be_free(command, type)) judgement.any({kBpf, kSysAdmin});
  const auto is_one = [&](const auto& types) { return std::ranges::find(types, type) != types.end(); };
  if (is_one(kTracing)) judgement.any({kPerfmon, kSysAdmin});
  if (is_one(kNetworking)) judgement.any({kNetAdmin, kSysAdmin});
}

struct Request {
  std::uint32_t number;
  Capability capability;
  std::string_view name;
};
constexpr std::array kRequests{
    Request{SIOCSIFFLAGS, kNetAdmin, "SIOCSIFFLAGS"},
    Request{SIOCSIFADDR, kNetAdmin, "SIOCSIFADDR"},
    Request{SIOCSIFDSTADDR, kNetAdmin, "SIOCSIFDSTADDR"},
    Request{SIOCSIFBRDADDR, kNetAdmin, "SIOCSIFBRDADDR"},
    Request{SIOCSIFNETMASK, kNetAdmin, "SIOCSIFNETMASK"},
    Request{SIOCSIFMETRIC, kNetAdmin, "SIOCSIFMETRIC"},
    Request{SIOCSIFMTU, kNetAdmin, "SIOCSIFMTU"},
    Request{SIOCSIFNAME, kNetAdmin, "SIOCSIFNAME"},
    Request{SIOCSIFHWADDR, kNetAdmin, "SIOCSIFHWADDR"},
    Request{SIOCADDMULTI, kNetAdmin, "SIOCADDMULTI"},
    Request{SIOCDELMULTI, kNetAdmin, "SIOCDELMULTI"},
    Request{SIOCSIFTXQLEN, kNetAdmin, "SIOCSIFTXQLEN"},
    Request{SIOCADDRT, kNetAdmin, "SIOCADDRT"},
    Request{SIOCDELRT, kNetAdmin, "SIOCDELRT"},
    Request{SIOCSARP, kNetAdmin, "SIOCSARP"},
    Request{SIOCDARP, kNetAdmin, "SIOCDARP"},
    Request{SIOCBRADDBR, kNetAdmin, "SIOCBRADDBR"},
    Request{SIOCBRDELBR, kNetAdmin, "SIOCBRDELBR"},
    Request{SIOCBRADDIF, kNetAdmin, "SIOCBRADDIF"},
    Request{SIOCBRDELIF, kNetAdmin, "SIOCBRDELIF"},
    Request{SIOCSHWTSTAMP, kNetAdmin, "SIOCSHWTSTAMP"},
    Request{static_cast<std::uint32_t>(TUNSETIFF), kNetAdmin, "TUNSETIFF"},
    Request{TIOCCONS, kSysAdmin, "TIOCCONS"},
    Request{BLKRRPART, kSysAdmin, "BLKRRPART"},
    Request{BLKROSET, kSysAdmin, "BLKROSET"},
    Request{BLKFLSBUF, kSysAdmin, "BLKFLSBUF"},
    Request{static_cast<std::uint32_t>(FIFREEZE), kSysAdmin, "FIFREEZE"},
    Request{static_cast<std::uint32_t>(FITHAW), kSysAdmin, "FITHAW"},
    Request{FIBMAP, kSysRawio, "FIBMAP"},
    Request{static_cast<std::uint32_t>(RTC_SET_TIME), kSysTime, "RTC_SET_TIME"},
    Request{static_cast<std::uint32_t>(RNDADDTOENTCNT), kSysAdmin, "RNDADDTOENTCNT"},
    Request{static_cast<std::uint32_t>(RNDADDENTROPY), kSysAdmin, "RNDADDENTROPY"},
    Request{RNDZAPENTCNT, kSysAdmin, "RNDZAPENTCNT"},
    Request{RNDCLEARPOOL, kSysAdmin, "RNDCLEARPOOL"},
    Request{RNDRESEEDCRNG, kSysAdmin, "RNDRESEEDCRNG"},
};

void control_device(const Call& call, Surroundings& around, Judgement& judgement) {
  const auto number = static_cast<std::uint32_t>(call.arguments[1]);
  const auto found = std::ranges::find(kRequests, number, &Request::number);
  if (found != kRequests.end()) {
    judgement.all(found->capability);
    judgement.on = found->name;
  } else if (number == TIOCSTI && around.setting("dev/tty/legacy_tiocsti") == 0) {
    judgement.all(kSysAdmin);
    judgement.on = "TIOCSTI";
  }
}

constexpr CapabilitySet kAdmin = set_of({kSysAdmin});
constexpr CapabilitySet kDevices = set_of({kNetAdmin, kSysAdmin, kSysRawio, kSysTime});

constexpr std::array kRules{
    NamedRule{"mount", {kAdmin, always_on<kSysAdmin, 1>}},
    NamedRule{"umount2", {kAdmin, always_on<kSysAdmin, 0>}},
    NamedRule{"pivot_root", {kAdmin, always_on<kSysAdmin, 0>, true}},
    NamedRule{"open_tree", {kAdmin, open_tree}},
    NamedRule{"move_mount", {kAdmin, always_on<kSysAdmin, 3>}},
    NamedRule{"fsopen", {kAdmin, always_on<kSysAdmin, 0>}},
    NamedRule{"fspick", {kAdmin, always_on<kSysAdmin, 1>}},
    NamedRule{"fsmount", {kAdmin, always<kSysAdmin>}},
    NamedRule{"mount_setattr", {kAdmin, always_on<kSysAdmin, 1>}},
    NamedRule{"sethostname", {kAdmin, always<kSysAdmin>}},
    NamedRule{"setdomainname", {kAdmin, always<kSysAdmin>}},
    NamedRule{"swapon", {kAdmin, always_on<kSysAdmin, 0>}},
    NamedRule{"swapoff", {kAdmin, always_on<kSysAdmin, 0>}},
    NamedRule{"quotactl", {kAdmin, set_quota<0>}},
    NamedRule{"quotactl_fd", {kAdmin, set_quota<1>}},
    NamedRule{"fanotify_init", {kAdmin, watch_files}},
    NamedRule{"chroot", {set_of({kSysChroot}), always_on<kSysChroot, 0>, true}},
    NamedRule{"acct", {set_of({kSysPacct}), always<kSysPacct>}},
    NamedRule{"reboot", {set_of({kSysBoot}), always<kSysBoot>}},
    NamedRule{"kexec_load", {set_of({kSysBoot}), always<kSysBoot>}},
    NamedRule{"kexec_file_load", {set_of({kSysBoot}), always<kSysBoot>}},
    NamedRule{"init_module", {set_of({kSysModule}), always<kSysModule>}},
    NamedRule{"finit_module", {set_of({kSysModule}), always<kSysModule>}},
    NamedRule{"delete_module", {set_of({kSysModule}), always_on<kSysModule, 0>}},
    NamedRule{"iopl", {set_of({kSysRawio}), raise_io_level}},
    NamedRule{"ioperm", {set_of({kSysRawio}), permit_ports}},
    NamedRule{"syslog", {set_of({kSyslog}), read_log}},
    NamedRule{"vhangup", {set_of({kSysTtyConfig}), always<kSysTtyConfig>}},
    NamedRule{"settimeofday", {set_of({kSysTime}), always<kSysTime>}},
    NamedRule{"clock_settime", {set_of({kSysTime}), always<kSysTime>}},
    NamedRule{"adjtimex", {set_of({kSysTime}), adjust_clock<0>}},
    NamedRule{"clock_adjtime", {set_of({kSysTime}), adjust_clock<1>}},
    NamedRule{"timer_create", {set_of({kWakeAlarm}), make_timer<0>}},
    NamedRule{"timerfd_create", {set_of({kWakeAlarm}), make_timer<0>}},
    NamedRule{"epoll_ctl", {set_of({kBlockSuspend}), control_epoll}},
    NamedRule{"bpf", {set_of({kBpf, kSysAdmin, kPerfmon, kNetAdmin}), use_bpf}},
    NamedRule{"ioctl", {kDevices, control_device}},
};

}  // namespace

std::span<const NamedRule> system_rules() {
  return kRules;
}

}  // namespace snug::tracer
