// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "generator/core/meaning.hpp"

namespace snug {

// A call that a filter decides otherwise than its profile.
struct Mismatch {
  seccomp_data call{};
  std::optional<std::string_view> name;
  Verdict expected;
  std::optional<Verdict> got;  // nothing when the program is none that the kernel would load
};

// "socket (x86_64, 41) with arguments 0x28 0 0 0 0 0: SCMP_ACT_ALLOW instead of SCMP_ACT_ERRNO(1)".
std::string describe(const Mismatch& mismatch);

struct ProofReport {
  std::uint64_t calls = 0;           // how many were tried, each with its arguments
  std::uint64_t mismatched = 0;      // how many of them were decided wrongly
  std::vector<Mismatch> mismatches;  // the first of these
  std::vector<std::string> dropped;  // names that the library which built the filter does not know, so that they
                                     // get the default verdict; with the ABI where it only lacks them there

  bool holds() const { return mismatched == 0; }
};

// Runs `program` over every number of every ABI, over numbers that no ABI has and ABIs that snug does not know, and
// wherever the meaning depends on arguments over the telling ones.
ProofReport check(std::span<const sock_filter> program, const Meaning& meaning);

}  // namespace snug
