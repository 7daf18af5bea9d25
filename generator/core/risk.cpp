// SPDX-License-Identifier: Apache-2.0
#include "generator/core/risk.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "generator/core/engine_default.hpp"
#include "generator/core/powerful.hpp"
#include "snug/syscalls.hpp"

namespace snug {
namespace {

// The calls that the kernel refuses to everyone without the capability (capabilities(7) and each call's own page).
constexpr std::array<std::pair<std::string_view, std::string_view>, 33> kCapabilities{{
    {"acct", "CAP_SYS_PACCT"},
    {"chroot", "CAP_SYS_CHROOT"},
    {"clock_settime", "CAP_SYS_TIME"},
    {"clock_settime64", "CAP_SYS_TIME"},
    {"delete_module", "CAP_SYS_MODULE"},
    {"finit_module", "CAP_SYS_MODULE"},
    {"fsmount", "CAP_SYS_ADMIN"},
    {"fsopen", "CAP_SYS_ADMIN"},
    {"init_module", "CAP_SYS_MODULE"},
    {"iopl", "CAP_SYS_RAWIO"},
    {"ioperm", "CAP_SYS_RAWIO"},
    {"kexec_file_load", "CAP_SYS_BOOT"},
    {"kexec_load", "CAP_SYS_BOOT"},
    {"lookup_dcookie", "CAP_SYS_ADMIN"},
    {"mount", "CAP_SYS_ADMIN"},
    {"mount_setattr", "CAP_SYS_ADMIN"},
    {"move_mount", "CAP_SYS_ADMIN"},
    {"nfsservctl", "CAP_SYS_ADMIN"},
    {"open_by_handle_at", "CAP_DAC_READ_SEARCH"},
    {"pivot_root", "CAP_SYS_ADMIN"},
    {"reboot", "CAP_SYS_BOOT"},
    {"setdomainname", "CAP_SYS_ADMIN"},
    {"setgroups", "CAP_SETGID"},
    {"setgroups32", "CAP_SETGID"},
    {"sethostname", "CAP_SYS_ADMIN"},
    {"setns", "CAP_SYS_ADMIN"},
    {"settimeofday", "CAP_SYS_TIME"},
    {"stime", "CAP_SYS_TIME"},
    {"swapoff", "CAP_SYS_ADMIN"},
    {"swapon", "CAP_SYS_ADMIN"},
    {"umount", "CAP_SYS_ADMIN"},
    {"umount2", "CAP_SYS_ADMIN"},
    {"vhangup", "CAP_SYS_TTY_CONFIG"},
}};

std::string_view capability_for(std::string_view name) {
  const auto* const found = std::ranges::find(kCapabilities, name, [](const auto& row) { return row.first; });
  return found == kCapabilities.end() ? std::string_view{} : found->second;
}

}  // namespace

Risk risk_of(std::string_view name, std::span<const Arch> archs) {
  const PowerfulCall* const powerful = find_powerful(name);
  const auto arch = std::ranges::find_if(archs, [&](Arch each) { return syscall_number(each, name).has_value(); });
  const bool refused = arch != archs.end() && !allowed_by_docker_default(*arch).contains(name);
  return {powerful == nullptr ? std::string_view{} : powerful->why, refused, capability_for(name)};
}

}  // namespace snug
