// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>

#include "tracer/core/rules.hpp"

// What processes do to others, and how much of the machine they take (kernel/signal.c, kernel/ptrace.c,
// kernel/sched, kernel/sys.c).
namespace snug::tracer {

pid_t process_of(const Call& call, std::size_t index, Surroundings& around) {
  const pid_t pid = int_of(call, index);
  return pid == 0 ? around.own().process : pid;
}

void need_to_look_into(Surroundings& around, Judgement& judgement, pid_t pid, Surroundings::By by, Looking how) {
  const auto target = around.process(pid);
  const Credentials& own = around.own();
  if (!target || target->process == own.process) return;
  const bool by_files = by == Surroundings::By::file_ids;
  const std::uint32_t uid = by_files ? own.uid.files : own.uid.real;
  const std::uint32_t gid = by_files ? own.gid.files : own.gid.real;
  const auto all_are = [](const Ids& ids, std::uint32_t id) {
    return ids.real == id && ids.effective == id && ids.saved == id;
  };
  const CapabilitySet mine = by_files ? own.effective : own.permitted;
  const bool is_like_me = all_are(target->uid, uid) && all_are(target->gid, gid) && target->dumpable;
  if (is_like_me && (target->permitted & ~mine) == 0) return;
  if (how == Looking::measures || (how == Looking::reads_map && around.kernel_is(6, 15))) {
    judgement.any({kSysPtrace, kPerfmon, kSysAdmin});
  } else {
    judgement.all(kSysPtrace);
  }
  judgement.on = fmt::format("a process of uid {}", target->uid.effective);
}

namespace {

using By = Surroundings::By;

std::string words_of(const Credentials& target) {
  return fmt::format("a process of uid {}", target.uid.effective);
}

void need_to_signal(Surroundings& around, Judgement& judgement, pid_t pid, int signo) {
  const auto target = around.process(pid);
  const Credentials& own = around.own();
  if (!target || target->process == own.process || signo == SIGCONT) return;
  const auto may = [&](std::uint32_t id) { return id == target->uid.real || id == target->uid.saved; };
  if (may(own.uid.effective) || may(own.uid.real)) return;
  judgement.all(kKill);
  judgement.on = fmt::format("signal {} to {}", signo, words_of(*target));
}

// A group is signalled as far as that is permitted, and -1 is everybody: nobody needs to be able to reach them all.
template <int pid, int signo>
void signal_process(const Call& call, Surroundings& around, Judgement& judgement) {
  if (int_of(call, pid) > 0) need_to_signal(around, judgement, int_of(call, pid), int_of(call, signo));
}

void signal_descriptor(const Call& call, Surroundings& around, Judgement& judgement) {
  if (const auto pid = around.pidfd_target(int_of(call, 0)))
    need_to_signal(around, judgement, *pid, int_of(call, 1));
}

void trace(const Call& call, Surroundings& around, Judgement& judgement) {
  const auto request = static_cast<int>(call.arguments[0]);
  if (request == PTRACE_ATTACH || request == PTRACE_SEIZE)
    need_to_look_into(around, judgement, int_of(call, 1), By::real_ids);
}

template <int pid>
void look_into(const Call& call, Surroundings& around, Judgement& judgement) {
  need_to_look_into(around, judgement, process_of(call, pid, around), By::real_ids);
}

void compare(const Call& call, Surroundings& around, Judgement& judgement) {
  for (const std::size_t each : {0U, 1U})
    need_to_look_into(around, judgement, process_of(call, each, around), By::real_ids);
}

void look_into_descriptor(const Call& call, Surroundings& around, Judgement& judgement) {
  if (const auto pid = around.pidfd_target(int_of(call, 0)))
    need_to_look_into(around, judgement, *pid, By::real_ids);
}

// Another's memory, though not what is in it. Before Linux 6.13 one's own took no less.
void advise_process(const Call& call, Surroundings& around, Judgement& judgement) {
  const auto pid = around.pidfd_target(int_of(call, 0));
  const auto target = pid ? around.process(*pid) : std::nullopt;
  if (!target || (target->process == around.own().process && around.kernel_is(6, 13))) return;
  need_to_look_into(around, judgement, *pid, By::file_ids, Looking::reads_map);
  judgement.all(kSysNice);
  judgement.on = words_of(*target);
}

void handle_faults(const Call& call, Surroundings& around, Judgement& judgement) {
  if ((call.arguments[0] & UFFD_USER_MODE_ONLY) != 0 || around.setting("vm/unprivileged_userfaultfd") == 1) return;
  judgement.all(kSysPtrace);
  judgement.on = "faults of the kernel's";
}

// check_same_owner() and set_one_prio_perm().
bool is_others(const Credentials& own, const Credentials& target) {
  return own.uid.effective != target.uid.effective && own.uid.effective != target.uid.real;
}

void need_ownership(Surroundings& around, Judgement& judgement, pid_t pid) {
  const auto target = around.process(pid);
  if (!target || !is_others(around.own(), *target)) return;
  judgement.all(kSysNice);
  judgement.on = words_of(*target);
}

template <int pid>
void set_affinity(const Call& call, Surroundings& around, Judgement& judgement) {
  need_ownership(around, judgement, process_of(call, pid, around));
}

// can_nice(). Without a limit it is greater than any other.
bool may_be_so_nice(Surroundings& around, pid_t pid, int wanted) {
  const auto limit = around.limit(pid, RLIMIT_NICE);
  constexpr int kLeastNice = 20;
  return limit &&
         static_cast<std::uint64_t>(kLeastNice - std::clamp(wanted, -kLeastNice, kLeastNice - 1)) <= limit->soft;
}

void need_for_niceness(Surroundings& around, Judgement& judgement, pid_t pid, int wanted) {
  const auto now = around.niceness(pid);
  if (!now || wanted >= *now || may_be_so_nice(around, pid, wanted)) return;
  judgement.all(kSysNice);
  judgement.on = fmt::format("nice value {}", wanted);
}

void set_priority(const Call& call, Surroundings& around, Judgement& judgement) {
  if (int_of(call, 0) != PRIO_PROCESS) return;
  const pid_t pid = process_of(call, 1, around);
  need_ownership(around, judgement, pid);
  need_for_niceness(around, judgement, pid, int_of(call, 2));
}

struct Scheduling {
  int policy = 0;
  int priority = 0;
  int niceness = 0;
};

bool is_real_time(int policy) {
  return policy == SCHED_FIFO || policy == SCHED_RR;
}

// user_check_sched_setscheduler().
void need_for_policy(Surroundings& around, Judgement& judgement, pid_t pid, const Scheduling& wanted) {
  need_ownership(around, judgement, pid);
  const int policy = wanted.policy & ~SCHED_RESET_ON_FORK;
  const auto now = around.policy(pid);
  const auto limit = around.limit(pid, RLIMIT_RTPRIO).value_or(Limit{});
  const bool real_time =
      is_real_time(policy) &&
      (limit.soft == 0 || (wanted.priority > 0 && static_cast<std::uint64_t>(wanted.priority) > limit.soft));
  const bool leaves_idle =
      now == SCHED_IDLE && policy != SCHED_IDLE && !may_be_so_nice(around, pid, around.niceness(pid).value_or(0));
  if (real_time || policy == SCHED_DEADLINE || leaves_idle) {
    judgement.all(kSysNice);
    judgement.on = real_time ? fmt::format("real-time priority {}", wanted.priority) : "its scheduling policy";
  } else if (policy == SCHED_OTHER || policy == SCHED_BATCH) {
    need_for_niceness(around, judgement, pid, wanted.niceness);
  }
}

void set_scheduler(const Call& call, Surroundings& around, Judgement& judgement) {
  const pid_t pid = process_of(call, 0, around);
  const int priority = read<int>(around, call.arguments[2]).value_or(0);
  need_for_policy(around, judgement, pid, {int_of(call, 1), priority, around.niceness(pid).value_or(0)});
}

void set_parameters(const Call& call, Surroundings& around, Judgement& judgement) {
  const pid_t pid = process_of(call, 0, around);
  const int priority = read<int>(around, call.arguments[1]).value_or(0);
  need_for_policy(around, judgement, pid,
                  {around.policy(pid).value_or(SCHED_OTHER), priority, around.niceness(pid).value_or(0)});
}

void set_attributes(const Call& call, Surroundings& around, Judgement& judgement) {
  struct Attributes {  // the first version of sched_attr
    std::uint32_t size;
    std::uint32_t policy;
    std::uint64_t flags;
    std::int32_t niceness;
    std::uint32_t priority;
    std::uint64_t runtime;
    std::uint64_t deadline;
    std::uint64_t period;
  };
  const auto wanted = read<Attributes>(around, call.arguments[1]);
  if (!wanted) return;
  need_for_policy(around, judgement, process_of(call, 0, around),
                  {static_cast<int>(wanted->policy), static_cast<int>(wanted->priority), wanted->niceness});
}

void set_io_priority(const Call& call, Surroundings& around, Judgement& judgement) {
  constexpr int kWhichProcess = 1;
  constexpr unsigned kClassShift = 13;
  constexpr unsigned kRealTime = 1;
  if (int_of(call, 0) == kWhichProcess) need_ownership(around, judgement, process_of(call, 1, around));
  if ((call.arguments[2] >> kClassShift & 7U) != kRealTime) return;
  judgement.any({kSysNice, kSysAdmin});
  judgement.on = "real-time input and output";
}

void need_for_limit(Surroundings& around, Judgement& judgement, pid_t pid, int resource, std::uint64_t address) {
  if (address == 0) return;
  const auto wanted = read<Limit>(around, address);
  const auto now = around.limit(pid, resource);
  if (!wanted || !now || wanted->hard <= now->hard) return;
  judgement.all(kSysResource);
  judgement.on = fmt::format("a higher limit of resource {}", resource);
}

void set_limit(const Call& call, Surroundings& around, Judgement& judgement) {
  need_for_limit(around, judgement, around.own().process, int_of(call, 0), call.arguments[1]);
}

// check_prlimit_permission().
void limit_process(const Call& call, Surroundings& around, Judgement& judgement) {
  const pid_t pid = process_of(call, 0, around);
  const Credentials& own = around.own();
  if (const auto target = around.process(pid); target && target->process != own.process) {
    const auto all_are = [](const Ids& ids, std::uint32_t id) {
      return ids.real == id && ids.effective == id && ids.saved == id;
    };
    if (!all_are(target->uid, own.uid.real) || !all_are(target->gid, own.gid.real)) {
      judgement.all(kSysResource);
      judgement.on = words_of(*target);
    }
  }
  need_for_limit(around, judgement, pid, int_of(call, 1), call.arguments[2]);
}

constexpr std::uint64_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                         CLONE_NEWPID | CLONE_NEWNET | 0x80;  // CLONE_NEWTIME

// With a user namespace of its own, a process has every capability over its other namespaces.
void need_for_namespaces(Judgement& judgement, std::uint64_t flags) {
  if ((flags & kNewNamespaces) == 0 || (flags & CLONE_NEWUSER) != 0) return;
  judgement.all(kSysAdmin);
  judgement.on = "a namespace of its own";
}

void unshare(const Call& call, Surroundings& /*around*/, Judgement& judgement) {
  need_for_namespaces(judgement, call.arguments[0]);
}

void clone(const Call& call, Surroundings& /*around*/, Judgement& judgement) {
  need_for_namespaces(judgement, call.arguments[0] & ~std::uint64_t{CSIGNAL});
}

void clone_by_arguments(const Call& call, Surroundings& around, Judgement& judgement) {
  constexpr std::uint64_t kWithTids = 80;  // CLONE_ARGS_SIZE_VER1
  if (call.pointed) need_for_namespaces(judgement, *call.pointed);
  if (call.arguments[1] < kWithTids) return;
  const auto arguments = read<clone_args>(around, call.arguments[0]);
  if (!arguments || arguments->set_tid_size == 0) return;
  judgement.any({kCheckpointRestore, kSysAdmin});
  judgement.on = "a process with a chosen number";
}

void set_namespace(const Call& call, Surroundings& around, Judgement& judgement) {
  const std::string name = around.name({.folder = int_of(call, 0), .path = "", .follows = true});
  const std::uint64_t flags = call.arguments[1];
  if (name.starts_with("user:") || flags == CLONE_NEWUSER) return;  // needed in there
  judgement.all(kSysAdmin);
  if (name.starts_with("mnt:") || (flags & CLONE_NEWNS) != 0) judgement.all(kSysChroot);
  judgement.on = "another namespace";
}

void measure(const Call& call, Surroundings& around, Judgement& judgement) {
  const auto attributes = around.bytes(call.arguments[0], PERF_ATTR_SIZE_VER0);
  if (attributes.size() < PERF_ATTR_SIZE_VER0) return;
  std::uint64_t flags = 0;
  constexpr std::size_t kFlags = 40;  // of struct perf_event_attr
  constexpr std::uint64_t kExcludeKernel = 1U << 5U;
  std::memcpy(&flags, attributes.data() + kFlags, sizeof(flags));
  if (const pid_t pid = int_of(call, 1); pid > 0)
    need_to_look_into(around, judgement, pid, By::real_ids, Looking::measures);
  const auto paranoid = around.setting("kernel/perf_event_paranoid").value_or(2);
  const bool of_kernel = (flags & kExcludeKernel) == 0;
  const bool of_cpu = int_of(call, 1) == -1;
  if (paranoid < 3 && !(of_kernel && paranoid > 1) && !(of_cpu && paranoid > 0)) return;
  judgement.any({kPerfmon, kSysAdmin});
  judgement.on = of_cpu ? "events of a CPU" : "events of the kernel";
}

constexpr CapabilitySet kNice = set_of({kSysNice});
constexpr CapabilitySet kNiceOrAdmin = set_of({kSysNice, kSysAdmin});
constexpr CapabilitySet kPtrace = set_of({kSysPtrace});
constexpr CapabilitySet kKilling = set_of({kKill});

constexpr std::array kRules{
    NamedRule{"kill", {kKilling, signal_process<0, 1>}},
    NamedRule{"tkill", {kKilling, signal_process<0, 1>}},
    NamedRule{"tgkill", {kKilling, signal_process<0, 2>}},
    NamedRule{"rt_sigqueueinfo", {kKilling, signal_process<0, 1>}},
    NamedRule{"rt_tgsigqueueinfo", {kKilling, signal_process<0, 2>}},
    NamedRule{"pidfd_send_signal", {kKilling, signal_descriptor}},
    NamedRule{"ptrace", {kPtrace, trace}},
    NamedRule{"process_vm_readv", {kPtrace, look_into<0>}},
    NamedRule{"process_vm_writev", {kPtrace, look_into<0>}},
    NamedRule{"get_robust_list", {kPtrace, look_into<0>}},
    NamedRule{"kcmp", {kPtrace, compare}},
    NamedRule{"pidfd_getfd", {kPtrace, look_into_descriptor}},
    NamedRule{"process_madvise", {set_of({kSysPtrace, kPerfmon, kSysAdmin, kSysNice}), advise_process}},
    NamedRule{"userfaultfd", {kPtrace, handle_faults}},
    NamedRule{"sched_setaffinity", {kNice, set_affinity<0>}},
    NamedRule{"setpriority", {kNice, set_priority}},
    NamedRule{"sched_setscheduler", {kNice, set_scheduler}},
    NamedRule{"sched_setparam", {kNice, set_parameters}},
    NamedRule{"sched_setattr", {kNice, set_attributes}},
    NamedRule{"ioprio_set", {kNiceOrAdmin, set_io_priority}},
    NamedRule{"setrlimit", {set_of({kSysResource}), set_limit}},
    NamedRule{"prlimit64", {set_of({kSysResource}), limit_process}},
    NamedRule{"unshare", {set_of({kSysAdmin}), unshare, true}},
    NamedRule{"clone", {set_of({kSysAdmin}), clone}},
    NamedRule{"clone3", {set_of({kSysAdmin, kCheckpointRestore}), clone_by_arguments}},
    NamedRule{"setns", {set_of({kSysAdmin, kSysChroot}), set_namespace, true}},
    NamedRule{"perf_event_open", {set_of({kPerfmon, kSysAdmin, kSysPtrace}), measure}},
};

}  // namespace

std::span<const NamedRule> process_rules() {
  return kRules;
}

}  // namespace snug::tracer
