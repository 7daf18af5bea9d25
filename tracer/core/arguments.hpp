// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tracer/core/stop.hpp"

namespace snug::tracer {

// An argument by whose value a seccomp filter can decide, and where knowing the values makes a stricter profile.
struct Argument {
  std::string_view call;
  std::string_view name;   // the parameter's, as section 2 of the manual has it
  std::size_t index = 0;   // of the register, from 0
  std::uint64_t mask = 0;  // the bits that count: those that the kernel looks at, or that matter
  bool in_memory = false;  // the register points to it, so that a filter cannot see it after all
};

// Those arguments of a call; none for most calls, for calls without a name, and for unknown ABIs.
std::span<const Argument> arguments_of(Arch arch, std::uint32_t number);

// What was passed. Nothing when it lies in memory that was not read.
std::optional<std::uint64_t> value_of(const Argument& argument, const Call& call);

// The different values of one argument, up to as many as a profile could list.
class DistinctValues {
 public:
  static constexpr std::size_t kMost = 32;

  // Most programs pass the same value again and again.
  void add(std::uint64_t value) {
    if (!values_.empty() && values_[latest_] == value) return;
    find_or_keep(value);
  }

  ArgumentValues kept() const { return {{values_.begin(), values_.end()}, many_}; }

 private:
  void find_or_keep(std::uint64_t value);

  std::vector<std::uint64_t> values_;
  std::size_t latest_ = 0;
  bool many_ = false;
};

}  // namespace snug::tracer
