// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "cli/enforcement.hpp"
#include "snug/result.hpp"
#include "tracer/linux/observe.hpp"

namespace snug::cli {

// Watching lets happen what verifying denies.
constexpr tracer::Denied denied_in_mode(std::string_view mode) {
  return mode == "watch" ? tracer::Denied::let_through : tracer::Denied::refused;
}

// Attaches as `plan` says, in the background, to what runs under a filter that points out the calls that its
// profile denies (with_verdicts_traced()); appends them to the container's log in `folder`, where its profile
// stands too. Returns when it is attached. Errors: io; as read_file(), parse_any() and tracer::follow_target().
Result<Done> watch_in_background(const tracer::AttachPlan& plan, tracer::Denied denied, const std::string& folder);

}  // namespace snug::cli
