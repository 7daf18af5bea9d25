// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snug/capabilities.hpp"

namespace snug {

// How whoever starts containers is told which capabilities a process gets, and no others.
enum class CapabilityFormat {
  docker,      // options of docker run and podman run
  compose,     // keys of a service
  oci,         // process.capabilities of config.json: all five sets
  kubernetes,  // a container's securityContext, and which Pod Security level admits it
  quadlet,     // a [Container] section of podman-systemd.unit(5)
  systemd,     // a [Service] section
};

// What a container is given.
struct CapabilityGrant {
  CapabilitySet set = 0;
  bool as_root = true;  // its first process is root's, whose programs have what the container has
  bool no_new_privileges = false;
};

std::vector<std::string> capability_format_names();
std::optional<CapabilityFormat> capability_format_named(std::string_view name);

std::string render_capabilities(const CapabilityGrant& grant, CapabilityFormat format);

// What to know about the grant where the format cannot say all of it; empty where it can. Programs of another user
// than root have capabilities only where they are ambient, or in the program's file.
std::string_view caveat_of(const CapabilityGrant& grant, CapabilityFormat format);

// The strictest level of the Pod Security Standards that admits it: "restricted", "baseline" or "privileged". The
// first has no root.
std::string_view pod_security_level(const CapabilityGrant& grant);

}  // namespace snug
