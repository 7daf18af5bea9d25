// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace snug::cli {

// Refuses values that are not `be_so`, in these words.
CLI::Validator must(const std::string& be_so, std::function<bool(const std::string&)> holds);

// The name or number of a signal that snug can wait for.
CLI::Validator is_waitable_signal();

}  // namespace snug::cli
