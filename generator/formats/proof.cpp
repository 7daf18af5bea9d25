// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/proof.hpp"

#include <fmt/format.h>
#include <seccomp.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "generator/formats/bpf.hpp"
#include "snug/syscalls.hpp"

namespace snug {

namespace {

std::string name_by_number(Arch arch, int number) {
  char* const name = seccomp_syscall_resolve_num_arch(libseccomp_token_of(arch), number);
  std::string text(name != nullptr ? name : "");
  std::free(name);
  return text;
}

// Rules are given as the host's numbers and translated by name for each ABI. Where the host has no such call the
// number is one that libseccomp made up, and it has given two calls the same (sys_debug_setcontext, switch_endian).
bool knows(CallId id, const std::string& name) {
  const bool is_translated = name_by_number(native_arch(), seccomp_syscall_resolve_name(name.c_str())) == name;
  return is_translated && !name_by_number(id.first, call_of(id, {}).nr).empty();
}

std::vector<Arch> archs_of(const Profile& profile) {
  auto archs = profile.architectures;
  if (std::find(archs.begin(), archs.end(), native_arch()) == archs.end()) archs.push_back(native_arch());
  return archs;
}

std::vector<std::string> dropped_names(const Profile& profile, const std::set<CallId>& unknown) {
  auto names = names_unknown_to_libseccomp(profile);
  const std::set<std::string, std::less<>> everywhere(names.begin(), names.end());
  for (const auto& [arch, number] : unknown) {
    const std::string_view name = syscall_name(arch, number).value_or("");
    if (!everywhere.contains(name)) names.push_back(fmt::format("{} ({})", name, name_of(arch)));
  }
  return names;
}

}  // namespace

std::set<CallId> calls_unknown_to_libseccomp(const Profile& profile) {
  std::set<CallId> unknown;
  for (const Rule& rule : profile.rules) {
    if (rule.verdict == profile.default_verdict) continue;
    for (const Arch arch : archs_of(profile))
      for (const std::string& name : rule.names)
        if (const auto number = syscall_number(arch, name); number && !knows({arch, *number}, name))
          unknown.insert({arch, *number});
  }
  return unknown;
}

Result<ProofReport> prove(const Profile& profile) {
  const auto program = compile(profile, Denials::enforced);
  if (!program) return program.error();
  const auto unknown = calls_unknown_to_libseccomp(profile);
  ProofReport report = check(*program, Meaning(profile, unknown));
  report.dropped = dropped_names(profile, unknown);
  return report;
}

}  // namespace snug
