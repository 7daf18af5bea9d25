// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "snug/profile.hpp"

namespace snug {

// Who loads profiles. containerd, podman and CRI-O are not among them: they hand on to runc or crun what our
// profiles can say, and what they ignore or refuse (archMap, includes, flags) ours do not have.
enum class Consumer : std::uint8_t { runc, crun, docker, gvisor, security_profiles_operator, systemd, bubblewrap };

// The consumer's name as people know it, e.g. "Security Profiles Operator".
std::string_view name_of(Consumer consumer);

// Something in a profile that a consumer refuses, or takes for something else. `what` goes on where the consumer's
// name ends: "before 20.10.10 ignores errnoRet …".
struct ConsumerFinding {
  Consumer consumer = Consumer::runc;
  std::string what;

  auto operator<=>(const ConsumerFinding&) const = default;
};

// Every such finding about the profile, sorted by consumer.
std::vector<ConsumerFinding> consumer_findings(const Profile& profile);

}  // namespace snug
