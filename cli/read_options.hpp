// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "generator/formats/oci.hpp"
#include "snug/result.hpp"

namespace snug::cli {

// The names of the formats that profiles are written in.
std::vector<std::string> format_names();

// What the command line says about the container that a Docker or podman profile is read for. Empty: not told.
struct ReadArguments {
  std::vector<std::string> capabilities;
  std::string kernel;
  std::string architecture;
};

// Adds --capabilities, --kernel and --architecture to a verb that reads profiles.
void add_read_options(CLI::App& verb, ReadArguments& arguments);

// What they mean. Errors: usage.
Result<ReadOptions> read_options_of(const ReadArguments& arguments);

}  // namespace snug::cli
