// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "generator/formats/oci.hpp"
#include "snug/profile.hpp"
#include "snug/result.hpp"

// Every form that a profile is written and read in.
namespace snug {

enum class Format : std::uint8_t {
  oci,         // JSON for runc, crun, containerd, podman and CRI-O
  docker,      // the same JSON, for docker run --security-opt
  kubernetes,  // a SeccompProfile of the Security Profiles Operator, YAML
  pod,         // the securityContext that makes a Pod use a profile on its node, YAML; cannot be read
  systemd,     // a drop-in with SystemCallFilter=
  bpf,         // the compiled program, struct sock_filter, as bubblewrap takes it; cannot be read
  names,       // the names of the allowed calls, one a line
};

inline constexpr std::array kFormats{Format::oci,     Format::docker, Format::kubernetes, Format::pod,
                                     Format::systemd, Format::bpf,    Format::names};

// The format's name on the command line, e.g. "kubernetes".
std::string_view name_of(Format format);
std::optional<Format> format_named(std::string_view name);

struct RenderOptions {
  std::string name = "snug";      // kubernetes: the object's
  std::string localhost_profile;  // pod: the path under the kubelet's folder for profiles; empty: name and ".json"
};

// The profile in that form. Equal profiles give equal bytes; names are sorted. Errors: bad_input, with the reason,
// for what the form cannot say: nothing is dropped but comments. What compile() reports for bpf.
Result<std::string> render(const Profile& profile, Format format, const RenderOptions& options = {});

// The form that a profile is in, told from its content: oci for Docker's too, which is the same, and for what
// cannot be read.
Format format_of(std::string_view text);

// Reads a profile in whatever form it is, told from its content. `source` is the file's name, for messages. Errors:
// bad_input.
Result<Profile> parse_any(std::string_view text, std::string_view source, const ReadOptions& options = {});

}  // namespace snug
