// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>

#include <vector>

#include "snug/profile.hpp"

namespace snug::tracer {

using Filter = std::vector<sock_filter>;

// The filter behind `trace`: every call stops.
Filter trace_everything();

// The call number, of no ABI, that a filter with understand_refusals() answers with `action`: trap, kill_thread or
// kill_process.
int number_meaning(Action action);

// `filter` with a prologue that answers the numbers of number_meaning().
Filter understand_refusals(const Filter& filter);

}  // namespace snug::tracer
