// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "generator/core/generate.hpp"
#include "snug/result.hpp"

namespace snug::cli {

// What the command line says of how containers will be run under a profile.
struct FloorArguments {
  bool none = false;
  std::string runtimes;  // empty: not told
  std::string inits;
  bool no_new_privileges = false;
  bool exec = true;
  std::vector<std::string> measured;  // floor files
};

void add_floor_options(CLI::App& verb, FloorArguments& arguments);

// Puts what they mean into `options`, and warns of versions that nobody measured. Errors: usage, bad_input.
Result<Done> read_floor_options(const FloorArguments& arguments, GenerateOptions& options);

}  // namespace snug::cli
