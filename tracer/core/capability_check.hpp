// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace snug::tracer {

// One question of the kernel's whether a task has a capability, and its answer.
struct CapabilityCheck {
  unsigned capability = 0;  // by number; newer kernels may know more than we have names for
  bool granted = false;
  // Whether it was asked about the user namespace that the machine booted with; all others are made by unshare(2)
  // and clone(2).
  bool in_first_namespace = true;
  // That user namespace's address in the kernel: good for comparing, and only while the namespace lives.
  std::uint64_t target_namespace = 0;
  // The kernel's function that asked, by its name in the source: the first on the call chain that does not ask for
  // others, like capable(). Empty where the chain does not tell.
  std::string site;

  bool operator==(const CapabilityCheck&) const = default;
};

}  // namespace snug::tracer
