// SPDX-License-Identifier: Apache-2.0
#include "generator/core/capability_suspects.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "generator/core/risk.hpp"
#include "snug/syscalls.hpp"

namespace snug {
namespace {

// Beginnings of names, and what may be asked of who makes such a call.
struct Suspect {
  std::string_view beginning;
  std::string_view capability;
};
constexpr std::array kSuspects{Suspect{"chown", "CHOWN"},
                               Suspect{"fchown", "CHOWN"},
                               Suspect{"lchown", "CHOWN"},
                               Suspect{"chmod", "FOWNER"},
                               Suspect{"fchmod", "FOWNER"},
                               Suspect{"utime", "FOWNER"},
                               Suspect{"futimesat", "FOWNER"},
                               Suspect{"chmod", "FSETID"},
                               Suspect{"fchmod", "FSETID"},
                               Suspect{"setuid", "SETUID"},
                               Suspect{"setreuid", "SETUID"},
                               Suspect{"setresuid", "SETUID"},
                               Suspect{"setfsuid", "SETUID"},
                               Suspect{"setgid", "SETGID"},
                               Suspect{"setregid", "SETGID"},
                               Suspect{"setresgid", "SETGID"},
                               Suspect{"setfsgid", "SETGID"},
                               Suspect{"setgroups", "SETGID"},
                               Suspect{"capset", "SETPCAP"},
                               Suspect{"prctl", "SETPCAP"},
                               Suspect{"bind", "NET_BIND_SERVICE"},
                               Suspect{"socket", "NET_RAW"},
                               Suspect{"setsockopt", "NET_ADMIN"},
                               Suspect{"setsockopt", "NET_RAW"},
                               Suspect{"mknod", "MKNOD"},
                               Suspect{"kill", "KILL"},
                               Suspect{"tkill", "KILL"},
                               Suspect{"tgkill", "KILL"},
                               Suspect{"ptrace", "SYS_PTRACE"},
                               Suspect{"process_vm_", "SYS_PTRACE"},
                               Suspect{"kcmp", "SYS_PTRACE"},
                               Suspect{"pidfd_getfd", "SYS_PTRACE"},
                               Suspect{"mlock", "IPC_LOCK"},
                               Suspect{"setpriority", "SYS_NICE"},
                               Suspect{"sched_set", "SYS_NICE"},
                               Suspect{"ioprio_set", "SYS_NICE"},
                               Suspect{"setrlimit", "SYS_RESOURCE"},
                               Suspect{"prlimit64", "SYS_RESOURCE"},
                               Suspect{"unshare", "SYS_ADMIN"},
                               Suspect{"seccomp", "SYS_ADMIN"},
                               Suspect{"quotactl", "SYS_ADMIN"},
                               Suspect{"bpf", "BPF"},
                               Suspect{"perf_event_open", "PERFMON"},
                               Suspect{"syslog", "SYSLOG"},
                               Suspect{"setxattr", "SYS_ADMIN"},
                               Suspect{"setxattr", "SETFCAP"},
                               Suspect{"open", "DAC_OVERRIDE"},
                               Suspect{"open", "DAC_READ_SEARCH"}};

void add(std::string_view capability, CapabilitySet& set) {
  if (const auto number = capability_number(capability)) set |= CapabilitySet{1} << *number;
}

}  // namespace

CapabilitySet suspected_capabilities(const Recording& recording) {
  CapabilitySet set = 0;
  for (const auto& [call, observations] : recording.syscalls) {
    const auto name = syscall_name(call.arch, call.number);
    if (!name) continue;
    add(risk_of(*name, std::array{call.arch}).capability, set);
    for (const Suspect& suspect : kSuspects)
      if (name->starts_with(suspect.beginning)) add(suspect.capability, set);
  }
  return set;
}

}  // namespace snug
