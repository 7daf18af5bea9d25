// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/turns.hpp"

namespace snug::tracer {
namespace {

// Asking by name costs a system call, which mostly finds nothing.
constexpr std::size_t kAnybodysTurns = 4;

}  // namespace

void Turns::join(pid_t tid) {
  if (places_.try_emplace(tid, tids_.size()).second) tids_.push_back(tid);
}

void Turns::leave(pid_t tid) {
  const auto found = places_.find(tid);
  if (found == places_.end()) return;
  const pid_t last = tids_.back();
  tids_.at(found->second) = last;
  places_[last] = found->second;
  tids_.pop_back();
  places_.erase(tid);
}

std::optional<pid_t> Turns::next() {
  if (tids_.size() < 2) return std::nullopt;
  if (named_ < tids_.size()) return tids_.at(named_++);
  if (++anybodys_ >= kAnybodysTurns * tids_.size()) anybodys_ = named_ = 0;
  return std::nullopt;
}

}  // namespace snug::tracer
