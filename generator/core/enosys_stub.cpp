// SPDX-License-Identifier: Apache-2.0
#include "generator/core/enosys_stub.hpp"

#include <algorithm>
#include <cerrno>

#include "snug/syscalls.hpp"

namespace snug {

namespace {

bool has_stub(Verdict default_verdict) {
  switch (default_verdict.action) {
    case Action::allow:
    case Action::log:
    case Action::trace:
      return false;
    case Action::fail:
      return default_verdict.errno_value != ENOSYS;
    case Action::notify:
    case Action::trap:
    case Action::kill_thread:
    case Action::kill_process:
      return true;
  }
  return true;
}

EnosysStub stub_for(Arch arch, const Profile& profile, const std::set<CallId>& unknown) {
  EnosysStub stub;
  stub.arch = arch;
  for (const Rule& rule : profile.rules)
    for (const std::string& name : rule.names) {
      const auto number = syscall_number(arch, name);
      if (!number || unknown.contains({arch, *number}) || *number < stub.largest) continue;
      stub.largest = *number;
      stub.largest_name = name;
    }
  for (const SyscallEntry& entry : syscalls_of(arch))
    if (entry.number > stub.largest) stub.changed.emplace_back(entry.name);
  return stub;
}

}  // namespace

std::vector<EnosysStub> enosys_stubs(const Profile& profile, const std::set<CallId>& unknown) {
  if (!has_stub(profile.default_verdict)) return {};
  std::set<Arch> archs(profile.architectures.begin(), profile.architectures.end());
  archs.insert(native_arch());

  std::vector<EnosysStub> stubs;
  stubs.reserve(archs.size());
  for (const Arch arch : archs) stubs.push_back(stub_for(arch, profile, unknown));
  return stubs;
}

}  // namespace snug
