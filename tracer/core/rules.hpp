// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "tracer/core/capability_rules.hpp"

// What the files of rules share.
namespace snug::tracer {

struct NamedRule {
  std::string_view call;
  CapabilityRule rule;
};

std::span<const NamedRule> file_rules();
std::span<const NamedRule> file_owner_rules();
std::span<const NamedRule> identity_rules();
std::span<const NamedRule> memory_rules();
std::span<const NamedRule> name_rules();
std::span<const NamedRule> network_rules();
std::span<const NamedRule> process_rules();
std::span<const NamedRule> system_rules();

// An argument as the C type that the call gives it.
inline int int_of(const Call& call, std::size_t index) {
  return static_cast<int>(static_cast<std::uint32_t>(call.arguments[index]));
}
inline std::uint32_t id_of(const Call& call, std::size_t index) {
  return static_cast<std::uint32_t>(call.arguments[index]);
}
inline constexpr std::uint32_t kNoId = ~std::uint32_t{0};

// The structure at `address`; nothing where the task's memory ends before it does.
template <typename Structure>
std::optional<Structure> read(Surroundings& around, std::uint64_t address) {
  static_assert(std::is_trivially_copyable_v<Structure>);
  const std::string bytes = around.bytes(address, sizeof(Structure));
  if (bytes.size() < sizeof(Structure)) return std::nullopt;
  Structure read{};
  std::memcpy(&read, bytes.data(), sizeof(read));
  return read;
}

inline bool is_in_group(const Credentials& own, std::uint32_t gid) {
  return gid == own.gid.files || std::ranges::find(own.groups, gid) != own.groups.end();
}

// "/etc/shadow (uid 0, gid 42, mode 640)".
std::string describe(Surroundings& around, const Place& place, const std::optional<FileFacts>& facts);

// The file that argument `folder` and argument `path` name; -1: there is no such argument.
Place place_of(const Call& call, Surroundings& around, int folder, int path, bool follows = true);

// Where the last name of a path is looked up.
Place parent_of(const Place& place);

// What a way to a file can need.
inline constexpr CapabilitySet kWays =
    set_of({kDacOverride, kDacReadSearch, kSysPtrace, kSysAdmin, kCheckpointRestore});

// What the way to the file, and `access` to it, need.
void need_access(Surroundings& around, Judgement& judgement, const Place& place, unsigned access,
                 Surroundings::By by = Surroundings::By::file_ids);

// What the way to a file below /proc/PID needs, where it leads through links to what another process uses.
void need_for_way(Surroundings& around, Judgement& judgement, const Place& place);

// What opening a file of that name needs beyond its mode, or reading where it leads: one of /proc that tells of
// another process, or a device.
void need_for_name(Surroundings& around, Judgement& judgement, const Place& place, unsigned access);

// What looking into another process needs (kernel/ptrace.c); `by` tells which ids count. Reading its memory map
// takes less since Linux 6.15, and so does counting what it does.
enum class Looking : std::uint8_t { attaches, reads_map, measures };
void need_to_look_into(Surroundings& around, Judgement& judgement, pid_t pid, Surroundings::By by,
                       Looking how = Looking::attaches);

// The number in an argument that is a process for the task: 0 is itself.
pid_t process_of(const Call& call, std::size_t index, Surroundings& around);

}  // namespace snug::tracer
