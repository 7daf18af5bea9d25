// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "generator/formats/oci.hpp"
#include "snug/profile.hpp"
#include "snug/result.hpp"

namespace snug {

// The profile as a SeccompProfile of the Kubernetes Security Profiles Operator, in YAML. `name` is the object's.
// Errors: bad_input for a name that Kubernetes refuses, and for what the operator's schema has no place for: a
// default errno other than EPERM, the errno 0, numbers from 2^63 on, LoongArch, and listeners.
Result<std::string> render_kubernetes(const Profile& profile, std::string_view name);

// What stands in a Pod to use a profile that lies at `path` under the kubelet's folder for profiles. Errors:
// bad_input for a path that leads out of it.
Result<std::string> render_pod(std::string_view path);

// Reads a SeccompProfile in YAML. Errors: bad_input for anything else, for a base profile, which lies elsewhere,
// and for whatever parse_profile() refuses.
Result<Profile> parse_kubernetes(std::string_view text, std::string_view source, const ReadOptions& options = {});

// Reads one that was parsed already, from YAML or JSON.
Result<Profile> parse_kubernetes(const nlohmann::json& document, std::string_view source,
                                 const ReadOptions& options = {});

}  // namespace snug
