// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <thread>

#include "snug/result.hpp"

namespace snug::tracer {

// Runs `body` in a thread that gets no signals. Errors: io, when there is no room for another thread.
Result<Done> start_thread(std::jthread& thread, std::function<void(const std::stop_token&)> body);

}  // namespace snug::tracer
