// SPDX-License-Identifier: Apache-2.0
#include "snug/capabilities.hpp"

#include <algorithm>
#include <array>

namespace snug {
namespace {

// In the order of include/uapi/linux/capability.h.
constexpr std::array<std::string_view, kCapabilities> kNames{"CAP_CHOWN",
                                                             "CAP_DAC_OVERRIDE",
                                                             "CAP_DAC_READ_SEARCH",
                                                             "CAP_FOWNER",
                                                             "CAP_FSETID",
                                                             "CAP_KILL",
                                                             "CAP_SETGID",
                                                             "CAP_SETUID",
                                                             "CAP_SETPCAP",
                                                             "CAP_LINUX_IMMUTABLE",
                                                             "CAP_NET_BIND_SERVICE",
                                                             "CAP_NET_BROADCAST",
                                                             "CAP_NET_ADMIN",
                                                             "CAP_NET_RAW",
                                                             "CAP_IPC_LOCK",
                                                             "CAP_IPC_OWNER",
                                                             "CAP_SYS_MODULE",
                                                             "CAP_SYS_RAWIO",
                                                             "CAP_SYS_CHROOT",
                                                             "CAP_SYS_PTRACE",
                                                             "CAP_SYS_PACCT",
                                                             "CAP_SYS_ADMIN",
                                                             "CAP_SYS_BOOT",
                                                             "CAP_SYS_NICE",
                                                             "CAP_SYS_RESOURCE",
                                                             "CAP_SYS_TIME",
                                                             "CAP_SYS_TTY_CONFIG",
                                                             "CAP_MKNOD",
                                                             "CAP_LEASE",
                                                             "CAP_AUDIT_WRITE",
                                                             "CAP_AUDIT_CONTROL",
                                                             "CAP_SETFCAP",
                                                             "CAP_MAC_OVERRIDE",
                                                             "CAP_MAC_ADMIN",
                                                             "CAP_SYSLOG",
                                                             "CAP_WAKE_ALARM",
                                                             "CAP_BLOCK_SUSPEND",
                                                             "CAP_AUDIT_READ",
                                                             "CAP_PERFMON",
                                                             "CAP_BPF",
                                                             "CAP_CHECKPOINT_RESTORE"};

constexpr std::string_view kPrefix = "CAP_";

}  // namespace

std::optional<unsigned> capability_number(std::string_view name) {
  if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  const auto found =
      std::ranges::find(kNames, name, [](std::string_view each) { return each.substr(kPrefix.size()); });
  if (found == kNames.end()) return std::nullopt;
  return static_cast<unsigned>(found - kNames.begin());
}

std::string_view capability_name(unsigned number) {
  return number < kNames.size() ? kNames[number] : std::string_view{};
}

std::vector<std::string> names_of(CapabilitySet set) {
  std::vector<std::string> names;
  for (unsigned number = 0; number < kCapabilities; ++number)
    if (has(set, number)) names.emplace_back(capability_name(number));
  return names;
}

}  // namespace snug
