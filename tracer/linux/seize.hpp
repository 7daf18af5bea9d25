// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "snug/result.hpp"

namespace snug::tracer {

// Begins to trace `tid` and whoever is born of it, with the options that the session counts on and `more_options`
// (PTRACE_O_*). The task does not stop for it. Errors: not_permitted, and why.
Result<Done> seize(pid_t tid, long more_options);

// From now on the stopped tracee, and whoever is born of it, is killed when we end without having let it go.
void tie_to_us(pid_t tid);

}  // namespace snug::tracer
