// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "snug/result.hpp"
#include "tracer/linux/pack.hpp"

namespace snug::tracer {

// How `work` went in a process of its own.
struct ApartResult {
  Texts texts;
  bool too_slow = false;  // it was killed, with everything that it traced, when the limit was over
  std::chrono::milliseconds duration{0};
};

// Where the standard streams of what runs apart lead: input has nothing to say, and what is printed goes to the end
// of `log`.
struct ApartOptions {
  std::chrono::milliseconds limit{0};  // 0: none
  std::string log = "/dev/null";
};

// Does `work` in a child process, so that it may trace, wait, print or hang as it likes; it ends with us. Errors:
// what `work` returns, and io where no process can be made.
Result<ApartResult> run_apart(const ApartOptions& options, const std::function<Result<Texts>()>& work);

}  // namespace snug::tracer
