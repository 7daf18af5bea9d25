// SPDX-License-Identifier: Apache-2.0
#include "generator/core/errno_design.hpp"

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <string_view>

#include "generator/core/fallbacks.hpp"
#include "generator/core/powerful.hpp"
#include "snug/syscalls.hpp"

namespace snug {

namespace {

// From this number on, Linux 5.1, a new call has the same number on every ABI, and every program that makes it
// meets kernels without it. x32's own calls and ARM's have greater ones.
constexpr std::uint32_t kFirstYoung = 424;
constexpr std::uint32_t kLastYoung = 511;

bool is_refused(std::string_view name) {
  const PowerfulCall* const call = find_powerful(name);
  return call != nullptr && call->refused_by_default;
}

std::set<std::string> absent_calls(const Evidence& evidence, const std::vector<Arch>& archs) {
  std::set<std::string> absent;
  for (const Arch arch : archs) {
    for (const auto& [number, name] : syscalls_of(arch)) {
      const bool is_young = number >= kFirstYoung && number <= kLastYoung && !is_refused(name);
      if (is_young || has_fallback(name)) absent.emplace(name);
    }
  }
  for (const auto& [name, seen] : evidence.named)
    if (is_always_absent(seen)) absent.insert(name);
  return absent;
}

std::set<std::string> refused_calls(const std::vector<Arch>& archs) {
  std::set<std::string> refused;
  for (const Arch arch : archs)
    for (const PowerfulCall& call : powerful_calls())
      if (call.refused_by_default && syscall_number(arch, call.name)) refused.emplace(call.name);
  return refused;
}

Rule failing(const std::set<std::string>& names, std::uint16_t errno_value, std::string why) {
  return {{names.begin(), names.end()}, {Action::fail, errno_value}, {}, std::move(why)};
}

}  // namespace

Verdict default_verdict_of(ErrnoForm form) {
  return {Action::fail, static_cast<std::uint16_t>(form == ErrnoForm::enosys ? ENOSYS : EPERM)};
}

std::vector<Rule> denials(const Evidence& evidence, const Entries& allowed, const std::vector<Arch>& archs,
                          ErrnoForm form) {
  std::set<std::string> absent = absent_calls(evidence, archs);
  std::set<std::string> refused = form == ErrnoForm::enosys ? refused_calls(archs) : std::set<std::string>{};
  std::erase_if(absent, [&](const std::string& name) { return allowed.contains(name); });
  std::erase_if(refused, [&](const std::string& name) { return allowed.contains(name) || absent.contains(name); });

  std::vector<Rule> rules;
  if (!absent.empty()) rules.push_back(failing(absent, ENOSYS, "libraries fall back when these do not exist"));
  if (!refused.empty())
    rules.push_back(failing(refused, EPERM, "engines refuse these to every ordinary container"));
  return rules;
}

}  // namespace snug
