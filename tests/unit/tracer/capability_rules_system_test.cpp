// SPDX-License-Identifier: Apache-2.0
// The machine itself: rules_system.cpp.
#include <fcntl.h>
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

#include "tests/support/catch.hpp"
#include "tests/unit/tracer/capability_rule_cases.hpp"

namespace snug::tracer::played {
namespace {

constexpr std::uint64_t quota(std::uint64_t command, std::uint64_t type) {
  return ((command << 8U) | (type & 0xffU)) & 0xffffffffU;
}

void restrict_log(PlayedSurroundings& around) {
  around.settings["kernel/dmesg_restrict"] = 1;
}
void open_log(PlayedSurroundings& around) {
  around.settings["kernel/dmesg_restrict"] = 0;
}
void free_bpf(PlayedSurroundings& around) {
  around.settings["kernel/unprivileged_bpf_disabled"] = 0;
}
void deny_bpf(PlayedSurroundings& around) {
  around.settings["kernel/unprivileged_bpf_disabled"] = 2;
}
void keep_tiocsti(PlayedSurroundings& around) {
  around.settings["dev/tty/legacy_tiocsti"] = 1;
}
void drop_tiocsti(PlayedSurroundings& around) {
  around.settings["dev/tty/legacy_tiocsti"] = 0;
}

std::uint64_t modes(unsigned value) {
  timex clock{};
  clock.modes = value;
  return value_at(clock);
}
std::uint64_t events(std::uint32_t value) {
  epoll_event event{};
  event.events = value;
  return value_at(event);
}
std::uint64_t program(std::uint32_t type) {
  return value_at(type);
}

const std::uint64_t kPath = text_at("/mnt");

RuleCase always(std::string_view call, std::string_view need, std::vector<std::uint64_t> arguments = {}) {
  return {"always", call, std::move(arguments), need};
}

RuleCase loads(std::string_view name, std::uint32_t type, std::string_view need,
               void (*setup)(PlayedSurroundings&) = deny_bpf) {
  return {name, "bpf", {BPF_PROG_LOAD, program(type)}, need, setup};
}

}  // namespace

std::span<const RuleCase> system_cases() {
  static const std::vector<RuleCase> kCases{
      always("mount", "SYS_ADMIN", {0, kPath}),
      always("umount2", "SYS_ADMIN", {kPath}),
      always("pivot_root", "SYS_ADMIN", {kPath}),
      always("move_mount", "SYS_ADMIN", {0, 0, 0, kPath}),
      always("fsopen", "SYS_ADMIN", {kPath}),
      always("fspick", "SYS_ADMIN", {0, kPath}),
      always("fsmount", "SYS_ADMIN"),
      always("mount_setattr", "SYS_ADMIN", {0, kPath}),
      always("sethostname", "SYS_ADMIN"),
      always("setdomainname", "SYS_ADMIN"),
      always("swapon", "SYS_ADMIN", {kPath}),
      always("swapoff", "SYS_ADMIN", {kPath}),
      always("acct", "SYS_PACCT"),
      always("reboot", "SYS_BOOT"),
      always("kexec_load", "SYS_BOOT"),
      always("kexec_file_load", "SYS_BOOT"),
      always("init_module", "SYS_MODULE"),
      always("finit_module", "SYS_MODULE"),
      always("delete_module", "SYS_MODULE", {kPath}),
      always("vhangup", "SYS_TTY_CONFIG"),
      always("settimeofday", "SYS_TIME"),
      always("clock_settime", "SYS_TIME"),
      {"a copy of the mounts", "open_tree", {0, kPath, OPEN_TREE_CLONE}, "SYS_ADMIN"},
      {"the mounts as they are", "open_tree", {0, kPath, 0}, ""},

      {"one's own", "quotactl", {quota(Q_GETQUOTA, USRQUOTA), 0, kMine}, ""},
      {"one's own, of XFS", "quotactl", {quota(Q_XGETQUOTA, USRQUOTA), 0, kMine}, ""},
      {"another's", "quotactl", {quota(Q_GETQUOTA, USRQUOTA), 0, kOthers}, "SYS_ADMIN"},
      {"one's group's", "quotactl", {quota(Q_GETQUOTA, GRPQUOTA), 0, 50}, ""},
      {"another group's", "quotactl", {quota(Q_GETQUOTA, GRPQUOTA), 0, kOthers}, "SYS_ADMIN"},
      {"written out", "quotactl", {quota(Q_SYNC, USRQUOTA), 0, 0}, ""},
      {"their format", "quotactl", {quota(Q_GETFMT, USRQUOTA), 0, 0}, ""},
      {"how they are kept", "quotactl", {quota(Q_GETINFO, USRQUOTA), 0, 0}, ""},
      {"how XFS keeps them", "quotactl", {quota(Q_XGETQSTAT, USRQUOTA), 0, 0}, ""},
      {"how XFS keeps them, in full", "quotactl", {quota(Q_XGETQSTATV, USRQUOTA), 0, 0}, ""},
      {"one's own, other ones", "quotactl", {quota(Q_SETQUOTA, USRQUOTA), 0, kMine}, "SYS_ADMIN"},
      {"another's", "quotactl_fd", {5, quota(Q_GETQUOTA, USRQUOTA), kOthers}, "SYS_ADMIN"},
      {"one's own", "quotactl_fd", {5, quota(Q_GETQUOTA, USRQUOTA), kMine}, ""},

      {"with ids", "fanotify_init", {FAN_CLASS_NOTIF | 0x200, O_RDONLY}, ""},
      {"with ids and names of folders", "fanotify_init", {0x400 | 0x800, O_RDONLY}, ""},
      {"with descriptors", "fanotify_init", {FAN_CLASS_NOTIF, O_RDONLY}, "SYS_ADMIN"},
      {"to permit", "fanotify_init", {FAN_CLASS_CONTENT | 0x200, O_RDONLY}, "SYS_ADMIN"},
      {"without end", "fanotify_init", {FAN_UNLIMITED_QUEUE | 0x200, O_RDONLY}, "SYS_ADMIN"},

      {"level 3", "iopl", {3}, "SYS_RAWIO"},
      {"level 0", "iopl", {0}, ""},
      {"on", "ioperm", {0x80, 1, 1}, "SYS_RAWIO"},
      {"off", "ioperm", {0x80, 1, 0}, ""},
      {"all of it, while it is restricted", "syslog", {3}, "SYSLOG", restrict_log},
      {"all of it", "syslog", {3}, "", open_log},
      {"its size", "syslog", {10}, "", open_log},
      {"away with it", "syslog", {5}, "SYSLOG", open_log},

      {"looking", "adjtimex", {modes(0)}, ""},
      {"looking how it was adjusted", "adjtimex", {modes(ADJ_OFFSET_SS_READ)}, ""},
      {"adjusting", "adjtimex", {modes(ADJ_FREQUENCY)}, "SYS_TIME"},
      {"adjusting once", "adjtimex", {modes(ADJ_OFFSET_SINGLESHOT)}, "SYS_TIME"},
      {"what cannot be read", "adjtimex", {8}, ""},
      {"looking", "clock_adjtime", {CLOCK_REALTIME, modes(0)}, ""},
      {"adjusting", "clock_adjtime", {CLOCK_REALTIME, modes(ADJ_FREQUENCY)}, "SYS_TIME"},
      {"that wakes", "timer_create", {CLOCK_BOOTTIME_ALARM}, "WAKE_ALARM"},
      {"that does not wake", "timer_create", {CLOCK_BOOTTIME}, ""},
      {"that wakes", "timerfd_create", {CLOCK_REALTIME_ALARM}, "WAKE_ALARM"},
      {"that does not wake", "timerfd_create", {CLOCK_REALTIME}, ""},
      {"that keeps awake", "epoll_ctl", {5, EPOLL_CTL_ADD, 6, events(EPOLLIN | EPOLLWAKEUP)}, "BLOCK_SUSPEND"},
      {"that does not", "epoll_ctl", {5, EPOLL_CTL_MOD, 6, events(EPOLLIN)}, ""},
      {"no more", "epoll_ctl", {5, EPOLL_CTL_DEL, 6, events(EPOLLWAKEUP)}, ""},

      {"a map", "bpf", {BPF_MAP_CREATE}, "BPF|SYS_ADMIN", deny_bpf},
      {"a map, free for all", "bpf", {BPF_MAP_CREATE}, "", free_bpf},
      {"a map's element", "bpf", {BPF_MAP_LOOKUP_ELEM}, "", deny_bpf},
      {"types are never free", "bpf", {BPF_BTF_LOAD}, "BPF|SYS_ADMIN", free_bpf},
      {"anybody's program", "bpf", {BPF_PROG_GET_FD_BY_ID}, "SYS_ADMIN", free_bpf},
      loads("a filter for sockets", BPF_PROG_TYPE_SOCKET_FILTER, "BPF|SYS_ADMIN"),
      loads("a filter for sockets, free for all", BPF_PROG_TYPE_SOCKET_FILTER, "", free_bpf),
      loads("a filter for a cgroup, free for all", BPF_PROG_TYPE_CGROUP_SKB, "", free_bpf),
      loads("other programs are never free", BPF_PROG_TYPE_SK_REUSEPORT, "BPF|SYS_ADMIN", free_bpf),
      loads("for tracing", BPF_PROG_TYPE_KPROBE, "BPF|SYS_ADMIN & PERFMON|SYS_ADMIN"),
      loads("for the kernel's own structures", BPF_PROG_TYPE_STRUCT_OPS, "BPF|SYS_ADMIN & PERFMON|SYS_ADMIN"),
      loads("for packets", BPF_PROG_TYPE_XDP, "BPF|SYS_ADMIN & NET_ADMIN|SYS_ADMIN"),
      loads("for a cgroup's devices", BPF_PROG_TYPE_CGROUP_DEVICE, "BPF|SYS_ADMIN & NET_ADMIN|SYS_ADMIN"),
      loads("in place of another's part", BPF_PROG_TYPE_EXT,
            "BPF|SYS_ADMIN & PERFMON|SYS_ADMIN & NET_ADMIN|SYS_ADMIN"),

      {"an interface's flags", "ioctl", {5, SIOCSIFFLAGS}, "NET_ADMIN"},
      {"looking at them", "ioctl", {5, SIOCGIFFLAGS}, ""},
      {"a tunnel", "ioctl", {5, TUNSETIFF}, "NET_ADMIN"},
      {"the console's output", "ioctl", {0, TIOCCONS}, "SYS_ADMIN"},
      {"the block of a file", "ioctl", {5, FIBMAP}, "SYS_RAWIO"},
      {"the clock of the machine", "ioctl", {5, RTC_SET_TIME}, "SYS_TIME"},
      {"randomness", "ioctl", {5, RNDADDENTROPY}, "SYS_ADMIN"},
      {"a frozen file system", "ioctl", {5, FIFREEZE}, "SYS_ADMIN"},
      {"typing for another", "ioctl", {0, TIOCSTI}, "", keep_tiocsti},
      {"typing for another, where that is old", "ioctl", {0, TIOCSTI}, "SYS_ADMIN", drop_tiocsti},
      {"a terminal's size", "ioctl", {0, TIOCGWINSZ}, ""},
  };
  return kCases;
}

TEST_CASE("what is done to the machine itself needs capabilities, mostly always") {
  check_cases(system_cases());
}

}  // namespace snug::tracer::played
