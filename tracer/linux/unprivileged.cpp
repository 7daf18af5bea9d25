// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/unprivileged.hpp"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace snug::tracer {
namespace {

using Sets = std::array<__user_cap_data_struct, 2>;

constexpr std::uint32_t kSearching = 1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH;

// Ours, which this process never changes for good.
struct Self {
  FileUser user;
  Sets sets{};
};

const Self& self() {
  static const Self kSelf = [] {
    Self own{{geteuid(), getegid(), {}}, {}};
    const int count = getgroups(0, nullptr);
    own.user.groups.resize(static_cast<std::size_t>(std::max(count, 0)));
    getgroups(count, own.user.groups.data());
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    syscall(SYS_capget, &header, own.sets.data());
    return own;
  }();
  return kSelf;
}

bool is_privileged() {
  return (self().sets[0].effective & kSearching) != 0;
}

void set_sets(const Sets& sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  syscall(SYS_capset, &header, sets.data());
}

// The C library's functions would change every thread.
void set_groups(const std::vector<std::uint32_t>& groups) {
  syscall(SYS_setgroups, groups.size(), groups.data());
}

}  // namespace

Unprivileged::Unprivileged(const FileUser& user)
    : other_user_(user.uid != self().user.uid),
      other_group_(user.gid != self().user.gid),
      other_groups_(user.groups != self().user.groups) {
  if (other_groups_) set_groups(user.groups);
  if (other_group_) syscall(SYS_setfsgid, user.gid);
  if (other_user_) syscall(SYS_setfsuid, user.uid);
  if (!is_privileged()) return;
  Sets sets = self().sets;
  sets[0].effective &= ~kSearching;
  set_sets(sets);
}

Unprivileged::~Unprivileged() {
  if (is_privileged()) set_sets(self().sets);
  if (other_user_) syscall(SYS_setfsuid, self().user.uid);
  if (other_group_) syscall(SYS_setfsgid, self().user.gid);
  if (other_groups_) set_groups(self().user.groups);
}

}  // namespace snug::tracer
