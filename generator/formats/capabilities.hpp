// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snug/capabilities.hpp"

namespace snug {

// How whoever starts containers is told which capabilities a root process of theirs gets, and no others.
enum class CapabilityFormat {
  docker,      // options of docker run and podman run
  compose,     // keys of a service
  oci,         // process.capabilities of config.json: all five sets
  kubernetes,  // a container's securityContext, and which Pod Security level admits it
  quadlet,     // a [Container] section of podman-systemd.unit(5)
  systemd,     // a [Service] section
};

std::vector<std::string> capability_format_names();
std::optional<CapabilityFormat> capability_format_named(std::string_view name);

std::string render_capabilities(CapabilitySet set, CapabilityFormat format);

// The strictest level of the Pod Security Standards that lets a root process have these: "baseline" or
// "privileged". "restricted" has no root.
std::string_view pod_security_level(CapabilitySet set);

}  // namespace snug
