// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/checkpoints.hpp"

#include <utility>

#include "tracer/linux/threads.hpp"

namespace snug::tracer {

Result<Done> Checkpoints::start(std::function<void(const Recording&)> write) {
  return start_thread(writer_, [this, write = std::move(write)](const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (offered_.wait(lock, stop, [this] { return next_.has_value(); })) {
      const Recording recording = std::move(*next_);
      next_.reset();
      writing_ = true;
      lock.unlock();
      write(recording);
      lock.lock();
      writing_ = false;
    }
  });
}

bool Checkpoints::are_busy() {
  const std::lock_guard lock(mutex_);
  return writing_ || next_;
}

void Checkpoints::write(Recording recording) {
  const std::lock_guard lock(mutex_);
  next_ = std::move(recording);
  offered_.notify_one();
}

}  // namespace snug::tracer
