// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/capability_rules.hpp"

#include <map>

#include "snug/syscalls.hpp"
#include "tracer/core/rules.hpp"

namespace snug::tracer {
namespace {

// The rules of one ABI's calls, by number.
class Table {
 public:
  explicit Table(Arch arch) {
    for (const auto& rules : {file_rules(), file_owner_rules(), identity_rules(), memory_rules(), name_rules(),
                              network_rules(), process_rules(), system_rules()})
      for (const NamedRule& each : rules) add(arch, each);
  }

  std::span<const CapabilityRule> of(std::uint32_t number) const {
    return number < rows_.size() ? std::span<const CapabilityRule>(rows_[number])
                                 : std::span<const CapabilityRule>();
  }

 private:
  void add(Arch arch, const NamedRule& named) {
    const auto number = syscall_number(arch, named.call);
    if (!number) return;
    if (rows_.size() <= *number) rows_.resize(*number + 1);
    rows_[*number].push_back(named.rule);
  }

  std::vector<std::vector<CapabilityRule>> rows_;
};

}  // namespace

bool has_capability_rules(Arch arch) {
  return arch == Arch::x86_64 || arch == Arch::aarch64;
}

std::span<const CapabilityRule> capability_rules(Arch arch, std::uint32_t number) {
  static const Table kX86(Arch::x86_64);
  static const Table kArm(Arch::aarch64);
  switch (arch) {
    case Arch::x86_64:
      return kX86.of(number);
    case Arch::aarch64:
      return kArm.of(number);
    default:
      return {};
  }
}

}  // namespace snug::tracer
