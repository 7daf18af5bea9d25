// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <vector>

#include "snug/result.hpp"

namespace snug::tracer {

// The seccomp filters that the thread `tid` is under, the latest first, as the kernel keeps them. It is stopped for
// that for a moment, notices nothing and goes on as before. Needs CAP_SYS_ADMIN in the first user namespace, and
// that we are under no filter ourselves.
//
// Errors: bad_input when there is no such thread or it is under no filter, not_permitted, or unsupported by the
// kernel (CONFIG_CHECKPOINT_RESTORE).
Result<std::vector<std::vector<sock_filter>>> dump_filters(pid_t tid);

}  // namespace snug::tracer
