// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/format.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "generator/formats/bpf.hpp"
#include "generator/formats/kubernetes.hpp"
#include "generator/formats/names.hpp"
#include "generator/formats/systemd.hpp"

namespace snug {

namespace {

using FormatName = std::pair<Format, std::string_view>;

constexpr std::array kFormatNames{
    FormatName{Format::oci, "oci"},
    FormatName{Format::docker, "docker"},
    FormatName{Format::kubernetes, "kubernetes"},
    FormatName{Format::pod, "pod"},
    FormatName{Format::systemd, "systemd"},
    FormatName{Format::bpf, "bpf"},
    FormatName{Format::names, "names"},
};
static_assert(kFormatNames.size() == kFormats.size());

Result<std::string> render_bpf(const Profile& profile) {
  const auto program = compile(profile, Denials::enforced);
  if (!program) return program.error();
  return std::string(reinterpret_cast<const char*>(program->data()), program->size() * sizeof(sock_filter));
}

}  // namespace

std::string_view name_of(Format format) {
  for (const auto& [candidate, name] : kFormatNames)
    if (candidate == format) return name;
  return {};
}

std::optional<Format> format_named(std::string_view name) {
  for (const auto& [format, candidate] : kFormatNames)
    if (candidate == name) return format;
  return std::nullopt;
}

Result<std::string> render(const Profile& profile, Format format, const RenderOptions& options) {
  switch (format) {
    case Format::oci:
    case Format::docker:
      break;
    case Format::kubernetes:
      return render_kubernetes(profile, options.name);
    case Format::pod:
      return render_pod(options.localhost_profile.empty() ? options.name + ".json" : options.localhost_profile);
    case Format::systemd:
      return render_systemd(profile);
    case Format::bpf:
      return render_bpf(profile);
    case Format::names:
      return render_names(profile);
  }
  return render_oci(profile);
}

}  // namespace snug
