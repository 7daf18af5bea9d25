// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "snug/result.hpp"

namespace snug::tracer {

// Does `work` in a process of its own that outlives us: in a session of its own, with none of our files but `log`,
// to which it writes what it says. Returns as soon as `work` has called `ready`; if it ends before that, with its
// failure. What becomes of it afterwards nobody learns. Errors: io; those of `work`.
Result<Done> run_in_background(const std::string& log,
                               const std::function<Result<Done>(const std::function<void()>& ready)>& work);

}  // namespace snug::tracer
