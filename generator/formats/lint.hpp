// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "generator/core/lint.hpp"
#include "snug/result.hpp"

namespace snug {

// Compiles the profile, proves the filter and says what it is like under these runtimes. Errors: those of
// compile().
Result<LintReport> lint(const Profile& profile, const std::set<Runtime>& runtimes);

// The filter in `bytes`, as seccomp_export_bpf and PTRACE_SECCOMP_GET_FILTER give it: instructions of eight bytes
// in this machine's byte order. Errors: bad_input for what the kernel would not load.
Result<Program> parse_program(std::string_view bytes, std::string_view source);

// The report as JSON. `subject` says what it is about.
std::string render_lint(const LintReport& report, std::string_view subject);

}  // namespace snug
