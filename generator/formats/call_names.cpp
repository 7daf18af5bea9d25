// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/call_names.hpp"

#include <algorithm>
#include <array>

#include "snug/syscalls.hpp"

namespace snug {

namespace {

// Calls that only ABIs without a table have. podman's own profile names one.
constexpr std::array<std::string_view, 6> kOtherCalls{"atomic_barrier", "atomic_cmpxchg_32", "cachectl",
                                                      "getpagesize",    "syscall",           "sysmips"};

}  // namespace

bool is_call_name(std::string_view name) {
  return is_syscall_name(name) || std::find(kOtherCalls.begin(), kOtherCalls.end(), name) != kOtherCalls.end();
}

}  // namespace snug
