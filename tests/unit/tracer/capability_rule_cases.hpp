// SPDX-License-Identifier: Apache-2.0
// Calls whose needs are known: one table for each file of rules, which is tried by itself, and all of which
// together are held against the rules.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/played_surroundings.hpp"
#include "tracer/core/rules.hpp"

namespace snug::tracer::played {

// One call in surroundings that are as `setup` makes them. What is expected is written as conjunctions of choices:
// "DAC_OVERRIDE|DAC_READ_SEARCH & FOWNER", and "" is nothing.
struct RuleCase {
  std::string_view name;
  std::string_view call;
  std::vector<std::uint64_t> arguments;
  std::string_view need;
  void (*setup)(PlayedSurroundings& around) = nullptr;
  std::string_view declared = "";
  bool tracks_result = false;
};

// The argument for a negative number.
constexpr std::uint64_t minus(std::int64_t number) {
  return static_cast<std::uint64_t>(-number);
}

// "FOWNER & DAC_OVERRIDE|DAC_READ_SEARCH" as it is meant, and back in an order of its own.
CapabilityNeed parse_need(std::string_view text);
std::string write_need(const CapabilityNeed& need);

// The call of one ABI that a case is about. clone3's flags are read from where its argument points to.
Call call_of(const RuleCase& example, Arch arch, std::uint32_t number);

// Checks every case, on each ABI that has rules and that call.
void check_cases(std::span<const RuleCase> cases);

std::span<const RuleCase> file_cases();
std::span<const RuleCase> name_making_cases();
std::span<const RuleCase> owner_cases();
std::span<const RuleCase> attribute_cases();
std::span<const RuleCase> identity_cases();
std::span<const RuleCase> memory_cases();
std::span<const RuleCase> special_name_cases();
std::span<const RuleCase> network_cases();
std::span<const RuleCase> netlink_cases();
std::span<const RuleCase> process_cases();
std::span<const RuleCase> scheduling_cases();
std::span<const RuleCase> namespace_cases();
std::span<const RuleCase> system_cases();

// Files of all kinds of owners.
inline constexpr std::uint32_t kMine = 1000;    // the task's user and group
inline constexpr std::uint32_t kOthers = 2000;  // neither

inline void add_file(PlayedSurroundings& around, const std::string& key, std::uint32_t owner, std::uint32_t mode) {
  around.files[key] = {.uid = owner, .gid = owner, .mode = S_IFREG | mode};
}
inline void add_folder(PlayedSurroundings& around, const std::string& key, std::uint32_t owner,
                       std::uint32_t mode) {
  around.files[key] = {.uid = owner, .gid = owner, .mode = S_IFDIR | mode};
}

}  // namespace snug::tracer::played
