// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "snug/recording.hpp"
#include "snug/result.hpp"

// The files of the OCI runtime specification that concern us.
namespace snug::tracer {

using Annotations = std::map<std::string, std::string>;

// What a runtime tells a hook on its standard input (runtime.md, "State").
struct HookState {
  std::string id;
  pid_t pid = 0;
  std::string bundle;  // the folder of config.json
  Annotations annotations;
};

// Errors: bad_input for anything else.
Result<HookState> parse_hook_state(std::string_view text);

// What a container's configuration says of the workload (config.md).
struct ContainerConfig {
  std::vector<std::string> command;
  Container container;      // without id and runtime
  bool is_sandbox = false;  // it runs nothing of an image's, but keeps a pod's namespaces
  Annotations annotations;
};

// What a process specification says, which runtimes' exec takes with --process. Errors: bad_input.
Result<ContainerConfig> parse_process(std::string_view text, std::string_view source);

// `source` is the file's name, for messages. Errors: bad_input.
Result<ContainerConfig> parse_container_config(std::string_view text, std::string_view source);

// How a runtime is to call us when the container's process is there and has not run anything yet.
struct HookCall {
  std::string path;                    // of our program
  std::vector<std::string> arguments;  // the program's name first
};

// The annotation under which a changed configuration keeps the filter that its engine asked for.
inline constexpr const char* kFilterAnnotation = "io.snug.seccomp";

// The seccomp filter that the engine asked for in this configuration, as JSON, whether we changed it or not; empty
// when it asked for none. Errors: bad_input.
Result<std::string> filter_asked_for(std::string_view text, std::string_view source);

// The configuration with the hook, behind the user's own, and with the seccomp filter `filter` instead of the one
// asked for, which stays where filter_asked_for() finds it; with that one when `filter` is empty. What we changed
// before is changed again, and everything else stays. Errors: bad_input.
Result<std::string> with_hook(std::string_view text, std::string_view source, const HookCall& call,
                              std::string_view filter = {});

// What hooks.d(5) of podman and CRI-O wants of a hook for containers that have the annotation `annotation`.
std::string hook_definition(const HookCall& call, std::string_view annotation);

}  // namespace snug::tracer
