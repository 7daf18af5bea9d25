// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tracer/core/stop.hpp"

namespace snug::tracer {

// Whether `call` waits for work: accepts a connection, or waits for any of several files to become ready. A
// server's first call of this kind ends its startup.
bool waits_for_work(const Call& call);

}  // namespace snug::tracer
