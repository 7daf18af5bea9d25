// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/check_sites.hpp"

#include <linux/capability.h>

#include <algorithm>
#include <functional>
#include <iterator>

namespace snug::tracer {
namespace {

struct SiteRow {
  std::string_view site;
  unsigned capability;
  CheckMeaning meaning;
  std::string_view reason;

  // What rows are found by.
  constexpr bool precedes(std::string_view other_site, unsigned other_capability) const {
    return site < other_site || (site == other_site && capability < other_capability);
  }
};

constexpr auto kOpportunistic = CheckMeaning::opportunistic;
constexpr auto kRule = CheckMeaning::decided_by_rule;

constexpr std::string_view kOvercommit =
    "every allocation asks, and the answer counts only where vm.overcommit_memory is 2";
constexpr std::string_view kJit = "it only spares a small program a barrier against speculation";
constexpr std::string_view kGroupBit = "it matters only where the mode that is set has the set-group-ID bit";
constexpr std::string_view kReserve = "it only opens the reserve of a file system, or more than a quota";
constexpr std::string_view kPipe = "it only lifts the limit of memory for one user's pipes";
constexpr std::string_view kTrustedNames = "it only adds names of trusted attributes to a list";
constexpr std::string_view kMasked = "without it some numbers read as 0, and nothing fails";
constexpr std::string_view kSysctl = "it matters only where the setting's mode denies what is done with it";

// Where kernels 6.14 to 6.18 ask without the answer deciding whether the call succeeds. By name, then by
// capability.
constexpr SiteRow kSites[] = {
    {"__do_sys_fanotify_init", CAP_SYS_ADMIN, kRule, "it matters only for what is not everybody's"},
    {"__do_sys_perf_event_open", CAP_PERFMON, kRule, "it matters only for what kernel.perf_event_paranoid forbids"},
    {"__sys_setgid", CAP_SETGID, kRule,
     "setgid asks always, and it matters only for ids that are not the task's own"},
    {"__sys_setuid", CAP_SETUID, kRule,
     "setuid asks always, and it matters only for ids that are not the task's own"},
    {"__vm_enough_memory", CAP_SYS_ADMIN, kOpportunistic, kOvercommit},
    {"__vsock_create", CAP_NET_ADMIN, kOpportunistic, "it only makes the socket one that may be trusted"},
    {"bpf_check", CAP_PERFMON, kOpportunistic, "it only spares the program some of the verifier's limits"},
    {"bpf_int_jit_compile", CAP_SYS_ADMIN, kOpportunistic, kJit},
    {"cap_capset", CAP_SETPCAP, kRule,
     "capset asks always, and it matters only where the inheritable set grows beyond the permitted one"},
    {"cap_vm_enough_memory", CAP_SYS_ADMIN, kOpportunistic, kOvercommit},
    {"do_io_accounting", CAP_SYS_PTRACE, kRule, "the rule for opening the file tells"},
    {"do_jit", CAP_SYS_ADMIN, kOpportunistic, kJit},
    {"do_task_stat", CAP_SYS_PTRACE, kOpportunistic, kMasked},
    {"do_tcp_setsockopt", CAP_NET_ADMIN, kRule, "it matters only for some options, and restricted algorithms"},
    {"ext4_has_free_clusters", CAP_SYS_RESOURCE, kOpportunistic, kReserve},
    {"ext4_xattr_trusted_list", CAP_SYS_ADMIN, kOpportunistic, kTrustedNames},
    {"ipc_permissions", CAP_CHECKPOINT_RESTORE, kRule, kSysctl},
    {"map_write", CAP_SYS_ADMIN, kOpportunistic, "it is about a user namespace that the workload made itself"},
    {"may_setattr", CAP_FOWNER, kRule, "it matters only where the file may not be written"},
    {"mm_access", CAP_PERFMON, kRule, "ownership or CAP_SYS_PTRACE would do as well"},
    {"mode_strip_sgid", CAP_FSETID, kRule, kGroupBit},
    {"net_ctl_permissions", CAP_NET_ADMIN, kRule, kSysctl},
    {"pid_table_root_permissions", CAP_SYS_ADMIN, kRule, kSysctl},
    {"pipe_is_unprivileged_user", CAP_SYS_ADMIN, kOpportunistic, kPipe},
    {"pipe_is_unprivileged_user", CAP_SYS_RESOURCE, kOpportunistic, kPipe},
    {"posix_acl_update_mode", CAP_FSETID, kRule, kGroupBit},
    {"proc_pid_wchan", CAP_SYS_PTRACE, kOpportunistic, kMasked},
    {"proc_setgroups_open", CAP_SYS_ADMIN, kOpportunistic,
     "it is about a user namespace that the workload made itself"},
    {"ptracer_capable", CAP_SYS_PTRACE, CheckMeaning::observer, "the kernel asks about the tracer, who is snug"},
    {"restricted_pointer", CAP_SYSLOG, kOpportunistic, "without it addresses read as 0, and nothing fails"},
    {"security_vm_enough_memory_mm", CAP_SYS_ADMIN, kOpportunistic, kOvercommit},
    {"set_permissions", CAP_SYS_RESOURCE, kRule, kSysctl},
    {"setattr_copy", CAP_FSETID, kRule, kGroupBit},
    {"setattr_prepare", CAP_FSETID, kRule, kGroupBit},
    {"setattr_should_drop_suidgid", CAP_FSETID, kRule, "the rule for opening the file tells"},
    {"simple_xattr_list", CAP_SYS_ADMIN, kOpportunistic, kTrustedNames},
    {"tcp_ca_find_autoload", CAP_NET_ADMIN, kOpportunistic, "it only has a missing module loaded"},
    {"tcp_diag_dump", CAP_NET_ADMIN, kOpportunistic, "it only tells more of each connection"},
    {"too_many_pipe_buffers_hard", CAP_SYS_ADMIN, kOpportunistic, kPipe},
    {"too_many_pipe_buffers_hard", CAP_SYS_RESOURCE, kOpportunistic, kPipe},
    {"too_many_pipe_buffers_soft", CAP_SYS_ADMIN, kOpportunistic, kPipe},
    {"too_many_pipe_buffers_soft", CAP_SYS_RESOURCE, kOpportunistic, kPipe},
};

static_assert(std::is_sorted(std::begin(kSites), std::end(kSites),
                             [](const SiteRow& a, const SiteRow& b) { return a.precedes(b.site, b.capability); }));

// The functions between a caller and the tracepoint: the wrappers of cap_capable(), the security hooks, and the
// common halves of checks whose meaning only their callers know, like ptrace_may_access().
constexpr std::string_view kHelpers[] = {
    "__netlink_ns_capable",
    "__probestub_cap_capable",
    "__ptrace_may_access",
    "__traceiter_cap_capable",
    "bpf_capable",
    "bpf_ns_capable",
    "bpf_token_capable",
    "cap_capable",
    "cap_ptrace_access_check",
    "capable",
    "capable_wrt_inode_uidgid",
    "checkpoint_restore_ns_capable",
    "file_ns_capable",
    "has_capability",
    "has_capability_noaudit",
    "has_ns_capability",
    "has_ns_capability_noaudit",
    "in_group_or_capable",
    "inode_owner_or_capable",
    "may_mount",
    "mount_capable",
    "netlink_capable",
    "netlink_net_capable",
    "netlink_ns_capable",
    "ns_capable",
    "ns_capable_common",
    "ns_capable_noaudit",
    "ns_capable_setid",
    "perf_trace_cap_capable",
    "perfmon_capable",
    "ptrace_has_cap",
    "ptrace_may_access",
    "rtnl_dev_link_net_capable",
    "rtnl_get_net_ns_capable",
    "rtnl_link_get_net_capable",
    "security_capable",
    "security_ptrace_access_check",
    "sk_capable",
    "sk_net_capable",
    "sk_ns_capable",
    "sockopt_capable",
    "sockopt_ns_capable",
};

static_assert(std::adjacent_find(std::begin(kHelpers), std::end(kHelpers), std::greater_equal<>()) ==
              std::end(kHelpers));

}  // namespace

CheckVerdict verdict_of(std::string_view site, unsigned capability) {
  const auto* const row =
      std::lower_bound(std::begin(kSites), std::end(kSites), capability,
                       [&](const SiteRow& a, unsigned wanted) { return a.precedes(site, wanted); });
  const bool is_found = row != std::end(kSites) && row->site == site && row->capability == capability;
  if (is_found) return {row->meaning, row->reason};
  return {CheckMeaning::need, "the kernel asked, and nothing is known by which it would do without"};
}

CheckMeaning meaning_of(std::string_view site, unsigned capability) {
  return verdict_of(site, capability).meaning;
}

std::string_view source_name(std::string_view symbol) {
  return symbol.substr(0, symbol.find('.'));
}

bool asks_for_others(std::string_view function) {
  return std::binary_search(std::begin(kHelpers), std::end(kHelpers), function);
}

}  // namespace snug::tracer
