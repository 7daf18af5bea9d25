// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/xattr.h>

#include <array>
#include <bit>
#include <cstring>

#include "tracer/core/rules.hpp"

// Users, groups and privileges (kernel/sys.c, security/commoncap.c).
namespace snug::tracer {
namespace {

struct Kind {
  Ids Credentials::*ids;
  Capability capability;
  std::string_view name;
};
constexpr Kind kUsers{&Credentials::uid, kSetuid, "uid"};
constexpr Kind kGroups{&Credentials::gid, kSetgid, "gid"};

void need_for_id(Judgement& judgement, const Kind& kind, std::uint32_t id) {
  judgement.all(kind.capability);
  judgement.on = fmt::format("{} {}", kind.name, id);
}

// With the capability setuid(2) sets all ids, so that there is no way back; without it the effective one only.
template <const Kind& kind>
void set_id(const Call& call, Surroundings& around, Judgement& judgement) {
  const Ids& ids = around.own().*kind.ids;
  const std::uint32_t id = id_of(call, 0);
  if (ids.real != id || ids.saved != id) need_for_id(judgement, kind, id);
}

template <const Kind& kind>
void set_two_ids(const Call& call, Surroundings& around, Judgement& judgement) {
  const Ids& ids = around.own().*kind.ids;
  const std::uint32_t real = id_of(call, 0);
  const std::uint32_t effective = id_of(call, 1);
  if (real != kNoId && real != ids.real && real != ids.effective) need_for_id(judgement, kind, real);
  if (effective != kNoId && effective != ids.real && effective != ids.effective && effective != ids.saved)
    need_for_id(judgement, kind, effective);
}

template <const Kind& kind>
void set_three_ids(const Call& call, Surroundings& around, Judgement& judgement) {
  const Ids& ids = around.own().*kind.ids;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::uint32_t id = id_of(call, i);
    if (id != kNoId && id != ids.real && id != ids.effective && id != ids.saved) need_for_id(judgement, kind, id);
  }
}

// It never fails, and does nothing without the capability.
template <const Kind& kind>
void set_file_id(const Call& call, Surroundings& around, Judgement& judgement) {
  const Ids& ids = around.own().*kind.ids;
  const std::uint32_t id = id_of(call, 0);
  if (id != kNoId && id != ids.real && id != ids.effective && id != ids.saved && id != ids.files)
    need_for_id(judgement, kind, id);
}

void set_groups(const Call& /*call*/, Surroundings& /*around*/, Judgement& judgement) {
  judgement.all(kSetgid);
  judgement.on = "supplementary groups";
}

struct Sets {
  CapabilitySet effective = 0;
  CapabilitySet permitted = 0;
  CapabilitySet inheritable = 0;
};

std::optional<Sets> sets_of(const Call& call, Surroundings& around) {
  const auto header = read<__user_cap_header_struct>(around, call.arguments[0]);
  if (!header) return std::nullopt;
  const std::size_t halves = header->version == _LINUX_CAPABILITY_VERSION_1 ? 1 : 2;
  Sets sets;
  for (std::size_t half = 0; half < halves; ++half) {
    const auto data =
        read<__user_cap_data_struct>(around, call.arguments[1] + half * sizeof(__user_cap_data_struct));
    if (!data) return std::nullopt;
    const unsigned shift = half == 0 ? 0 : 32;
    sets.effective |= CapabilitySet{data->effective} << shift;
    sets.permitted |= CapabilitySet{data->permitted} << shift;
    sets.inheritable |= CapabilitySet{data->inheritable} << shift;
  }
  return sets;
}

// Who asks to keep a few of many names them one by one, and fails where one is not there. Who keeps most of them
// takes some away from what there is.
void set_capabilities(const Call& call, Surroundings& around, Judgement& judgement) {
  const auto sets = sets_of(call, around);
  if (!sets) return;
  const Credentials& own = around.own();
  if ((sets->inheritable & ~(own.inheritable | own.permitted)) != 0) judgement.all(kSetpcap);
  const bool names_them = std::popcount(sets->permitted) * 2 <= std::popcount(own.permitted);
  judgement.declared = names_them ? sets->permitted : sets->effective & ~own.effective;
  const bool names_inherited = std::popcount(sets->inheritable) * 2 <= std::popcount(own.bounding);
  if (names_inherited) judgement.declared |= sets->inheritable & ~own.inheritable;
  judgement.on = "capset";
}

// PR_SET_MM_MAP gives the whole map at once, which is checked as such: only another program takes a capability.
void need_for_map(const Call& call, Surroundings& around, Judgement& judgement) {
  if (call.arguments[1] == PR_SET_MM_MAP_SIZE) return;
  if (call.arguments[1] == PR_SET_MM_MAP) {
    const auto map = read<prctl_mm_map>(around, call.arguments[2]);
    if (!map || map->exe_fd == ~std::uint32_t{0}) return;
    judgement.any({kCheckpointRestore, kSysAdmin});
  } else {
    judgement.all(kSysResource);
  }
  judgement.on = "PR_SET_MM";
}

void control_process(const Call& call, Surroundings& around, Judgement& judgement) {
  constexpr std::uint64_t kFreeSecureBits = 0xf00;  // SECBIT_EXEC_*, of Linux 6.14
  switch (int_of(call, 0)) {
    case PR_CAPBSET_DROP:
      judgement.all(kSetpcap);
      judgement.on = "the bounding set";
      return;
    case PR_SET_SECUREBITS:
      if ((call.arguments[1] & ~kFreeSecureBits) == 0 && around.kernel_is(6, 14) && call.arguments[1] != 0) return;
      judgement.all(kSetpcap);
      judgement.on = "securebits";
      return;
    case PR_SET_MM:
      need_for_map(call, around, judgement);
      return;
    case PR_SET_IO_FLUSHER:
      judgement.all(kSysResource);
      judgement.on = "PR_SET_IO_FLUSHER";
      return;
    case PR_SET_SECCOMP:
      if (call.arguments[1] != SECCOMP_MODE_FILTER || around.own().no_new_privileges) return;
      judgement.all(kSysAdmin);
      judgement.on = fmt::format("a seccomp filter {}", kForLackOfNoNewPrivileges);
      return;
    default:
      return;
  }
}

void set_filter(const Call& call, Surroundings& around, Judgement& judgement) {
  if (call.arguments[0] != SECCOMP_SET_MODE_FILTER || around.own().no_new_privileges) return;
  judgement.all(kSysAdmin);
  judgement.on = fmt::format("a seccomp filter {}", kForLackOfNoNewPrivileges);
}

void restrict_self(const Call& /*call*/, Surroundings& around, Judgement& judgement) {
  if (around.own().no_new_privileges) return;
  judgement.all(kSysAdmin);
  judgement.on = fmt::format("a Landlock ruleset {}", kForLackOfNoNewPrivileges);
}

// A file with permitted and effective capabilities cannot be executed where the bounding set lacks any of them.
template <int folder, int path>
void execute(const Call& call, Surroundings& around, Judgement& judgement) {
  const Place place = place_of(call, around, folder, path);
  const auto attribute = around.file_capabilities(place);
  vfs_cap_data data{};
  if (!attribute || attribute->size() < XATTR_CAPS_SZ_2) return;
  std::memcpy(&data, attribute->data(), sizeof(data));
  if ((data.magic_etc & VFS_CAP_FLAGS_EFFECTIVE) == 0) return;
  const CapabilitySet permitted = data.data[0].permitted | CapabilitySet{data.data[1].permitted} << 32;
  judgement.declared = permitted & ~around.own().inheritable;
  judgement.on = around.name(place);
}

constexpr bool kChangesView = true;

constexpr std::array kRules{
    NamedRule{"setuid", {set_of({kSetuid}), set_id<kUsers>, kChangesView}},
    NamedRule{"setgid", {set_of({kSetgid}), set_id<kGroups>, kChangesView}},
    NamedRule{"setreuid", {set_of({kSetuid}), set_two_ids<kUsers>, kChangesView}},
    NamedRule{"setregid", {set_of({kSetgid}), set_two_ids<kGroups>, kChangesView}},
    NamedRule{"setresuid", {set_of({kSetuid}), set_three_ids<kUsers>, kChangesView}},
    NamedRule{"setresgid", {set_of({kSetgid}), set_three_ids<kGroups>, kChangesView}},
    NamedRule{"setfsuid", {set_of({kSetuid}), set_file_id<kUsers>, kChangesView}},
    NamedRule{"setfsgid", {set_of({kSetgid}), set_file_id<kGroups>, kChangesView}},
    NamedRule{"setgroups", {set_of({kSetgid}), set_groups, kChangesView}},
    NamedRule{"capset", {set_of({kSetpcap}), set_capabilities, kChangesView}},
    NamedRule{"prctl",
              {set_of({kSetpcap, kSysResource, kSysAdmin, kCheckpointRestore}), control_process, kChangesView}},
    NamedRule{"seccomp", {set_of({kSysAdmin}), set_filter}},
    NamedRule{"landlock_restrict_self", {set_of({kSysAdmin}), restrict_self}},
    NamedRule{"execve", {0, execute<-1, 0>, kChangesView}},
    NamedRule{"execveat", {0, execute<0, 1>, kChangesView}},
};

}  // namespace

std::span<const NamedRule> identity_rules() {
  return kRules;
}

}  // namespace snug::tracer
