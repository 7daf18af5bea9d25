// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/arguments.hpp"

#include <algorithm>

namespace snug::tracer {

std::optional<std::uint64_t> value_of(const Argument& argument, const Call& call) {
  if (argument.in_memory) return call.pointed;
  return call.arguments[argument.index] & argument.mask;
}

void DistinctValues::find_or_keep(std::uint64_t value) {
  if (many_) return;
  const auto found = std::find(values_.begin(), values_.end(), value);
  latest_ = static_cast<std::size_t>(found - values_.begin());
  if (found != values_.end()) return;
  many_ = values_.size() == kMost;
  if (many_) {
    values_.clear();
  } else {
    values_.push_back(value);
  }
}

}  // namespace snug::tracer
