// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <memory>

#include "snug/recording.hpp"

namespace snug::tracer {

// Walks the stacks of stopped tasks with libunwind. Reads the mapped files through the task's own root, so that it
// understands programs in other mount namespaces. Only for tasks of our own ABI; of others it sees the first frame.
class Unwinder {
 public:
  Unwinder();
  Unwinder(const Unwinder&) = delete;
  Unwinder& operator=(const Unwinder&) = delete;
  ~Unwinder();

  // From the innermost frame, where the call is made, outwards. Empty when the task is gone.
  Stack walk(pid_t tid);

 private:
  struct Walker;

  std::unique_ptr<Walker> walker_;
};

}  // namespace snug::tracer
