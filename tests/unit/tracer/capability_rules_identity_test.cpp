// SPDX-License-Identifier: Apache-2.0
// Users, groups and privileges: rules_identity.cpp.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/xattr.h>

#include "tests/support/catch.hpp"
#include "tests/unit/tracer/capability_rule_cases.hpp"

namespace snug::tracer::played {
namespace {

constexpr std::uint64_t kSame = kNoId;
constexpr std::uint64_t kHere = minus(-AT_FDCWD);
constexpr CapabilitySet kSome = set_of({kChown, kKill, kSetuid, kBpf});

// Four different ids, of which those for files are like no other.
void have_four_ids(PlayedSurroundings& around) {
  around.credentials.uid = around.credentials.gid = {.real = 1, .effective = 2, .saved = 3, .files = 4};
}

void have_root_and_saved(PlayedSurroundings& around) {
  around.credentials.uid = {.real = 1000, .effective = 0, .saved = 0, .files = 0};
}

void have_some(PlayedSurroundings& around) {
  around.credentials.permitted = around.credentials.bounding = kSome;
  around.credentials.effective = set_of({kChown});
}

void inherit_one(PlayedSurroundings& around) {
  have_some(around);
  around.credentials.inheritable = set_of({kNetRaw});
}

void without_new_privileges(PlayedSurroundings& around) {
  around.credentials.no_new_privileges = true;
}

void with_kernel_6_13(PlayedSurroundings& around) {
  around.kernel = {6, 13};
}
void with_kernel_6_14(PlayedSurroundings& around) {
  around.kernel = {6, 14};
}

std::uint64_t header(std::uint32_t version) {
  return value_at(__user_cap_header_struct{.version = version, .pid = 0});
}
const std::uint64_t kVersion3 = header(_LINUX_CAPABILITY_VERSION_3);
const std::uint64_t kVersion1 = header(_LINUX_CAPABILITY_VERSION_1);

std::uint64_t sets_at(CapabilitySet effective, CapabilitySet permitted, CapabilitySet inheritable) {
  const auto half = [&](unsigned shift) {
    return __user_cap_data_struct{.effective = static_cast<std::uint32_t>(effective >> shift),
                                  .permitted = static_cast<std::uint32_t>(permitted >> shift),
                                  .inheritable = static_cast<std::uint32_t>(inheritable >> shift)};
  };
  const __user_cap_data_struct halves[2]{half(0), half(32)};
  return value_at(halves);
}

std::uint64_t map_of(std::uint32_t program) {
  prctl_mm_map map{};
  map.exe_fd = program;
  return value_at(map);
}

std::string attribute(std::uint32_t revision, CapabilitySet permitted) {
  vfs_cap_data data{};
  data.magic_etc = revision;
  data.data[0].permitted = static_cast<std::uint32_t>(permitted);
  data.data[1].permitted = static_cast<std::uint32_t>(permitted >> 32U);
  return {reinterpret_cast<const char*>(&data), sizeof(data)};
}

// Programs with capabilities, as attributes of the second version or the third, which has a user's number too.
void furnish_programs(PlayedSurroundings& around) {
  const CapabilitySet wanted = set_of({kNetRaw, kBpf});
  around.capabilities = {
      {"/ep", attribute(VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE, wanted)},
      {"/p", attribute(VFS_CAP_REVISION_2, wanted)},
      {"/ep of a namespace", attribute(VFS_CAP_REVISION_3 | VFS_CAP_FLAGS_EFFECTIVE, wanted) + "\1\2\3\4"},
      {"/broken", "short"}};
}

void inherit_raw(PlayedSurroundings& around) {
  furnish_programs(around);
  around.credentials.inheritable = set_of({kNetRaw});
}

}  // namespace

std::span<const RuleCase> identity_cases() {
  static const std::vector<RuleCase> kCases{
      {"to what it is", "setuid", {1000}, ""},
      {"to somebody else", "setuid", {0}, "SETUID"},
      {"back to the real one for good", "setuid", {1000}, "SETUID", have_root_and_saved},
      {"to the saved one, with another real one", "setuid", {0}, "SETUID", have_root_and_saved},
      {"to what it is", "setgid", {1000}, ""},
      {"to a supplementary one", "setgid", {50}, "SETGID"},

      {"nothing changes", "setreuid", {kSame, kSame}, "", have_four_ids},
      {"real from effective", "setreuid", {2, kSame}, "", have_four_ids},
      {"real from saved", "setreuid", {3, kSame}, "SETUID", have_four_ids},
      {"effective from saved", "setreuid", {kSame, 3}, "", have_four_ids},
      {"effective from files'", "setreuid", {kSame, 4}, "SETUID", have_four_ids},
      {"exchanged", "setregid", {2, 1}, "", have_four_ids},
      {"somebody else's", "setregid", {kSame, 9}, "SETGID", have_four_ids},

      {"nothing changes", "setresuid", {kSame, kSame, kSame}, "", have_four_ids},
      {"turned around", "setresuid", {3, 1, 2}, "", have_four_ids},
      {"real from files'", "setresuid", {4, kSame, kSame}, "SETUID", have_four_ids},
      {"another saved one", "setresuid", {kSame, kSame, 9}, "SETUID", have_four_ids},
      {"turned around", "setresgid", {2, 3, 1}, "", have_four_ids},
      {"another effective one", "setresgid", {kSame, 9, kSame}, "SETGID", have_four_ids},

      {"what it is", "setfsuid", {4}, "", have_four_ids},
      {"the real one", "setfsuid", {1}, "", have_four_ids},
      {"asking what it is", "setfsuid", {kSame}, "", have_four_ids},
      {"somebody else", "setfsuid", {9}, "SETUID", have_four_ids},
      {"the saved one", "setfsgid", {3}, "", have_four_ids},
      {"another", "setfsgid", {9}, "SETGID", have_four_ids},
      {"always", "setgroups", {0, 0}, "SETGID"},

      {"keeping few", "capset", {kVersion3, sets_at(0, set_of({kKill, kBpf}), 0)}, "", have_some, "KILL & BPF"},
      {"keeping most", "capset", {kVersion3, sets_at(0, set_of({kChown, kKill, kSetuid}), 0)}, "", have_some},
      {"keeping half of a greater part",
       "capset",
       {kVersion3, sets_at(0, set_of({kKill}), 0)},
       "",
       have_some,
       "KILL"},
      {"using what it may", "capset", {kVersion3, sets_at(set_of({kChown, kBpf}), kSome, 0)}, "", have_some, "BPF"},
      {"giving up all", "capset", {kVersion3, sets_at(0, 0, 0)}, "", have_some},
      {"inheriting what it has", "capset", {kVersion3, sets_at(0, kSome, set_of({kBpf}))}, "", have_some, "BPF"},
      {"inheriting what it has not",
       "capset",
       {kVersion3, sets_at(0, kSome, set_of({kNetRaw}))},
       "SETPCAP",
       have_some,
       "NET_RAW"},
      {"inheriting as before", "capset", {kVersion3, sets_at(0, kSome, set_of({kNetRaw}))}, "", inherit_one},
      {"inheriting most", "capset", {kVersion3, sets_at(0, kSome, kSome)}, "", have_some},
      {"the old form has one half",
       "capset",
       {kVersion1, sets_at(0, set_of({kKill, kBpf}), 0)},
       "",
       have_some,
       "KILL"},
      {"what cannot be read", "capset", {8, 8}, "", have_some},

      {"less in the bounding set", "prctl", {PR_CAPBSET_DROP, kChown}, "SETPCAP"},
      {"reading the bounding set", "prctl", {PR_CAPBSET_READ, kChown}, ""},
      {"securebits", "prctl", {PR_SET_SECUREBITS, 1}, "SETPCAP"},
      {"the free securebits before 6.14", "prctl", {PR_SET_SECUREBITS, 0x100}, "SETPCAP", with_kernel_6_13},
      {"the free securebits since 6.14", "prctl", {PR_SET_SECUREBITS, 0x100}, "", with_kernel_6_14},
      {"free ones among others", "prctl", {PR_SET_SECUREBITS, 0x101}, "SETPCAP", with_kernel_6_14},
      {"none of them, where none were", "prctl", {PR_SET_SECUREBITS, 0}, "SETPCAP", with_kernel_6_14},
      {"where memory begins", "prctl", {PR_SET_MM, PR_SET_MM_START_BRK}, "SYS_RESOURCE"},
      {"all of the memory's map at once", "prctl", {PR_SET_MM, PR_SET_MM_MAP, map_of(kNoId)}, ""},
      {"all of the map, and another program",
       "prctl",
       {PR_SET_MM, PR_SET_MM_MAP, map_of(5)},
       "CHECKPOINT_RESTORE|SYS_ADMIN"},
      {"how long the memory's map is", "prctl", {PR_SET_MM, PR_SET_MM_MAP_SIZE}, ""},
      {"in the way of writing out", "prctl", {PR_SET_IO_FLUSHER, 1}, "SYS_RESOURCE"},
      {"a filter", "prctl", {PR_SET_SECCOMP, SECCOMP_MODE_FILTER}, "SYS_ADMIN"},
      {"a filter after no_new_privs", "prctl", {PR_SET_SECCOMP, SECCOMP_MODE_FILTER}, "", without_new_privileges},
      {"strict mode", "prctl", {PR_SET_SECCOMP, SECCOMP_MODE_STRICT}, ""},
      {"its name", "prctl", {PR_SET_NAME}, ""},
      {"a filter", "seccomp", {SECCOMP_SET_MODE_FILTER}, "SYS_ADMIN"},
      {"a filter after no_new_privs", "seccomp", {SECCOMP_SET_MODE_FILTER}, "", without_new_privileges},
      {"what the kernel can do", "seccomp", {SECCOMP_GET_ACTION_AVAIL}, ""},
      {"without no_new_privs", "landlock_restrict_self", {5, 0}, "SYS_ADMIN"},
      {"after no_new_privs", "landlock_restrict_self", {5, 0}, "", without_new_privileges},

      {"a program with capabilities", "execve", {text_at("/ep")}, "", furnish_programs, "NET_RAW & BPF"},
      {"one that must ask for them itself", "execve", {text_at("/p")}, "", furnish_programs},
      {"one that gets one of them by inheritance", "execve", {text_at("/ep")}, "", inherit_raw, "BPF"},
      {"one with a broken attribute", "execve", {text_at("/broken")}, "", furnish_programs},
      {"one without an attribute", "execve", {text_at("/plain")}, "", furnish_programs},
      {"one with those of a namespace",
       "execveat",
       {kHere, text_at("/ep of a namespace")},
       "",
       furnish_programs,
       "NET_RAW & BPF"},
      {"one without", "execveat", {kHere, text_at("/plain")}, "", furnish_programs},
  };
  return kCases;
}

TEST_CASE("other ids than one's own, and other privileges, need capabilities") {
  check_cases(identity_cases());
}

}  // namespace snug::tracer::played
