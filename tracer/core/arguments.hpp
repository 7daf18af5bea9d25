// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "snug/arguments.hpp"
#include "tracer/core/stop.hpp"

namespace snug::tracer {

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
