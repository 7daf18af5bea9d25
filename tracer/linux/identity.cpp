// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/identity.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "snug/number.hpp"

namespace snug::tracer {
namespace {

// The kernel may know more of them than we do.
bool drop_from_bounding_set(CapabilitySet kept) {
  for (unsigned capability = 0; capability < 64; ++capability) {
    if (has(kept, capability)) continue;
    if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) != 1) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return false;
  }
  return true;
}

// The C library would look for other threads, of which a forked child has none.
bool become(const User& user) {
  return syscall(SYS_setgroups, user.groups.size(), user.groups.data()) == 0 &&
         syscall(SYS_setresgid, user.gid, user.gid, user.gid) == 0 &&
         syscall(SYS_setresuid, user.uid, user.uid, user.uid) == 0;
}

// What is not there already cannot be had.
bool hold(CapabilitySet wanted) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return false;
  for (std::size_t half = 0; half < sets.size(); ++half) {
    sets[half].permitted &= static_cast<std::uint32_t>(wanted >> (32 * half));
    sets[half].effective = sets[half].permitted;
    sets[half].inheritable = 0;  // and with these the ambient ones
  }
  return syscall(SYS_capset, &header, sets.data()) == 0;
}

std::vector<gid_t> groups_of(const passwd& entry) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (getgrouplist(entry.pw_name, entry.pw_gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
    getgrouplist(entry.pw_name, entry.pw_gid, groups.data(), &count);
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

Error unknown(std::string_view kind, const std::string& name) {
  return {ErrorCode::usage, fmt::format("there is no {} '{}' on this machine", kind, name), "",
          "give its number, as in --user 1000:1000"};
}

}  // namespace

bool assume(const Identity& identity) {
  if (identity.capabilities && !drop_from_bounding_set(*identity.capabilities)) return false;
  if (identity.user && !become(*identity.user)) return false;
  return !identity.capabilities || hold(*identity.capabilities);
}

Result<User> find_user(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const auto number = number_in<uid_t>(name);
  const passwd* const entry = number ? getpwuid(*number) : getpwnam(name.c_str());
  if (entry == nullptr && !number) return unknown("user", name);

  User user{.uid = entry != nullptr ? entry->pw_uid : *number, .gid = 0, .groups = {}};
  if (entry != nullptr) {
    user.gid = entry->pw_gid;
    user.groups = groups_of(*entry);
  }
  if (colon == std::string::npos) return user;

  const std::string group = text.substr(colon + 1);
  const auto gid = number_in<gid_t>(group);
  const ::group* const found = gid ? nullptr : getgrnam(group.c_str());
  if (found == nullptr && !gid) return unknown("group", group);
  user.gid = gid ? *gid : found->gr_gid;
  user.groups = {user.gid};
  return user;
}

}  // namespace snug::tracer
