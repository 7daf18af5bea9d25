// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snug/arch.hpp"

// A seccomp profile in the terms of the OCI runtime specification (config-linux.md, "Seccomp").
namespace snug {

enum class Action : std::uint8_t { allow, log, notify, trace, fail, trap, kill_thread, kill_process };

// The action's OCI name, e.g. "SCMP_ACT_ERRNO" for fail.
std::string_view name_of(Action action);

// The action of that OCI name; "SCMP_ACT_KILL" is kill_thread.
std::optional<Action> action_named(std::string_view name);

// What happens to a call: an action and, with fail and trace, the errno it carries.
struct Verdict {
  Action action = Action::fail;
  std::uint16_t errno_value = 0;  // 1 (EPERM) where a profile names none; 0 unless action is fail or trace

  auto operator<=>(const Verdict&) const = default;
};

enum class Comparison : std::uint8_t { ne, lt, le, eq, ge, gt, masked_eq };

// The comparison's OCI name, e.g. "SCMP_CMP_MASKED_EQ".
std::string_view name_of(Comparison comparison);
std::optional<Comparison> comparison_named(std::string_view name);

// A condition on one argument register, compared as 64 bits. masked_eq holds when (argument & value) == value_two.
struct Condition {
  std::uint32_t index = 0;  // 0 to 5
  Comparison comparison = Comparison::eq;
  std::uint64_t value = 0;
  std::uint64_t value_two = 0;

  auto operator<=>(const Condition&) const = default;
};

// Calls of these names that meet all conditions get this verdict.
struct Rule {
  std::vector<std::string> names;
  Verdict verdict;
  std::vector<Condition> conditions;
  std::string comment;  // for readers only

  auto operator<=>(const Rule&) const = default;
};

struct Profile {
  Verdict default_verdict{Action::fail, 1};
  std::vector<Arch> architectures;  // ABIs the filter knows; calls of any other ABI kill the thread
  std::vector<Rule> rules;

  bool operator==(const Profile&) const = default;
};

}  // namespace snug
