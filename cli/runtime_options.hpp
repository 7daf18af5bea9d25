// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "snug/result.hpp"

// The command line of snug's OCI runtime: a few words for us, among those for the runtime behind us.
namespace snug::cli {

using Words = std::vector<std::string>;

inline constexpr const char* kRuntimeOption = "--snug-runtime";
inline constexpr const char* kOutputOption = "--snug-output-dir";
inline constexpr const char* kModeOption = "--snug-mode";
inline constexpr const char* kStopsOption = "--snug-stops";

struct RuntimeOptions {
  std::string runtime;  // the path of the one behind us
  std::string output_folder;
  std::string mode = "record";    // or watch, or verify
  std::string stops = "seccomp";  // of recording: or syscall
};

// Whether the path leads to our own program.
bool is_ourselves(const std::string& path);

// Takes our own options from before the subcommand, where engines put them among those of the runtime; what is left
// of `words` is the runtime's. What they do not say /etc/snug/runtime.json may: {"runtime": "/usr/bin/crun",
// "output_dir": "/var/lib/snug", "mode": "record", "stops": "seccomp"}. Errors: usage, bad_input.
Result<RuntimeOptions> take_runtime_options(Words& words);

// Where in `words` the subcommand stands; their end when there is none.
Words::const_iterator subcommand_in(const Words& words);

}  // namespace snug::cli
