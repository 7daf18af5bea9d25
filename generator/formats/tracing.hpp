// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "snug/result.hpp"

// Filters that an OCI runtime installs and a tracer answers: `linux.seccomp` of config.json with SCMP_ACT_TRACE,
// whose errnoRet the tracer is told.
namespace snug {

// Every call of every ABI of this machine stops, and the tracer is told `datum`.
std::string render_all_traced(std::uint16_t datum);

// The filter `text`, but what it does not allow stops, and the tracer is told which verdict it has of the call
// (verdict_code.hpp). What it leaves to a program of its user's own (SCMP_ACT_NOTIFY) stays there; so does
// everything that is no verdict. Errors: bad_input.
Result<std::string> with_verdicts_traced(std::string_view text, std::string_view source);

}  // namespace snug
