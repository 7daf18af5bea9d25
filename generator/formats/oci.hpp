// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "generator/core/reasons.hpp"
#include "snug/arch.hpp"
#include "snug/profile.hpp"
#include "snug/result.hpp"

namespace snug {

// The first two parts of a kernel's version.
struct KernelVersion {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;

  auto operator<=>(const KernelVersion&) const = default;
};

// The version of that form, e.g. "6.1"; nothing for any other text, such as "6.1.2".
std::optional<KernelVersion> kernel_version_of(std::string_view text);

// Under what circumstances a profile is read. Docker and podman profiles can say different things for different
// ABIs (archMap, includes.arches), capabilities (includes.caps) and kernels (includes.minKernel).
struct ReadOptions {
  Arch native = native_arch();
  // What Docker gives a container unless told otherwise.
  std::vector<std::string> capabilities{
      "CAP_AUDIT_WRITE", "CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FOWNER",    "CAP_FSETID",
      "CAP_KILL",        "CAP_MKNOD",   "CAP_NET_RAW",      "CAP_SETFCAP",   "CAP_NET_BIND_SERVICE",
      "CAP_SETGID",      "CAP_SETPCAP", "CAP_SETUID",       "CAP_SYS_CHROOT"};
  KernelVersion kernel{6, 18};  // the newest one our tables know
};

// The profile as JSON that runc, crun, Docker, podman, containerd and CRI-O all read alike: no flags, no conditions
// on the host, an errno only with actions that carry one. Equal profiles give equal bytes; names are sorted.
// `reasons` are put under "x-snug", which all of them ignore.
std::string render_oci(const Profile& profile, const Reasons* reasons = nullptr);

// Reads the OCI form (config-linux.md, "Seccomp") with Docker's and podman's extensions, and is stricter than the
// engines wherever they quietly do something else than the text says. Keys it does not know are ignored, as engines
// do. Calls of ABIs that OCI knows and snug has no table for are left out. `source` is the file's name, for
// messages. Errors: bad_input for anything that an engine would refuse, misread or ignore.
Result<Profile> parse_profile(std::string_view text, std::string_view source, const ReadOptions& options = {});

}  // namespace snug
