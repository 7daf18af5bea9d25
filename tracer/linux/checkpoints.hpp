// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "snug/recording.hpp"
#include "snug/result.hpp"

namespace snug::tracer {

// Has recordings written by a thread of its own, so that a slow disk does not stop the workload. The thread is made
// early: one made by a thread that paces itself (Pacer) would inherit that.
class Checkpoints {
 public:
  // `write` is called on that thread. Errors: io, when there is no room for it.
  Result<Done> start(std::function<void(const Recording&)> write);

  // Whether the latest one is still being written.
  bool are_busy();

  void write(Recording recording);

 private:
  std::mutex mutex_;
  std::condition_variable_any offered_;
  std::optional<Recording> next_;
  bool writing_ = false;
  std::jthread writer_;  // the last member: it is joined before the others go
};

}  // namespace snug::tracer
