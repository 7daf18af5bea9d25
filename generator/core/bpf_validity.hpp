// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace snug {

// Why the kernel would not load `program` as a seccomp filter, e.g. "instruction 3 jumps beyond the end"; nothing
// where it would (kernel/seccomp.c, seccomp_check_filter, and net/core/filter.c, bpf_check_classic).
std::optional<std::string> why_not_loadable(std::span<const sock_filter> program);

}  // namespace snug
