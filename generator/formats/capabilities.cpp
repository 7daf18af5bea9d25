// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/capabilities.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "generator/core/capability_advice.hpp"

namespace snug {
namespace {

using Names = std::vector<std::string>;

constexpr std::array kFormats{std::pair{std::string_view("docker"), CapabilityFormat::docker},
                              std::pair{std::string_view("compose"), CapabilityFormat::compose},
                              std::pair{std::string_view("oci"), CapabilityFormat::oci},
                              std::pair{std::string_view("kubernetes"), CapabilityFormat::kubernetes},
                              std::pair{std::string_view("quadlet"), CapabilityFormat::quadlet},
                              std::pair{std::string_view("systemd"), CapabilityFormat::systemd}};

// What the level baseline of the Pod Security Standards lets a container add.
constexpr std::array kBaseline{"AUDIT_WRITE", "CHOWN",  "DAC_OVERRIDE",     "FOWNER",  "FSETID",
                               "KILL",        "MKNOD",  "NET_BIND_SERVICE", "SETFCAP", "SETGID",
                               "SETPCAP",     "SETUID", "SYS_CHROOT"};

// As all but the kernel spell them.
Names short_names(CapabilitySet set) {
  Names names = names_of(set);
  for (std::string& name : names) name.erase(0, std::string_view("CAP_").size());
  return names;
}

std::string options(CapabilitySet set) {
  std::string text = "--cap-drop=ALL";
  for (const std::string& name : short_names(set)) text += " --cap-add=" + name;
  return text + "\n";
}

std::string list(const Names& names, std::string_view indent) {
  std::string text;
  for (const std::string& name : names) text += fmt::format("{}- {}\n", indent, name);
  return text;
}

std::string compose(CapabilitySet set) {
  const Names names = short_names(set);
  return "cap_drop:\n  - ALL\n" + (names.empty() ? "" : "cap_add:\n" + list(names, "  "));
}

// A root process keeps what is permitted and effective through an exec, and needs nothing to be ambient.
std::string oci(CapabilitySet set) {
  const Names names = names_of(set);
  const nlohmann::ordered_json json{{"bounding", names},
                                    {"effective", names},
                                    {"permitted", names},
                                    {"inheritable", nlohmann::ordered_json::array()},
                                    {"ambient", nlohmann::ordered_json::array()}};
  return nlohmann::ordered_json{{"capabilities", json}}.dump(2) + "\n";
}

std::string kubernetes(CapabilitySet set) {
  const Names names = short_names(set);
  std::string text = fmt::format("# Pod Security: {}\nsecurityContext:\n  capabilities:\n    drop:\n    - ALL\n",
                                 pod_security_level(set));
  return names.empty() ? text : text + "    add:\n" + list(names, "    ");
}

std::string quadlet(CapabilitySet set) {
  const std::string added = fmt::format("{}", fmt::join(short_names(set), " "));
  return "[Container]\nDropCapability=all\n" + (added.empty() ? "" : "AddCapability=" + added + "\n");
}

std::string systemd(CapabilitySet set) {
  return fmt::format("[Service]\nCapabilityBoundingSet={}\n", fmt::join(names_of(set), " "));
}

}  // namespace

Names capability_format_names() {
  Names names;
  for (const auto& [name, format] : kFormats) names.emplace_back(name);
  return names;
}

std::optional<CapabilityFormat> capability_format_named(std::string_view name) {
  const auto found = std::ranges::find(kFormats, name, [](const auto& each) { return each.first; });
  return found == kFormats.end() ? std::nullopt : std::optional(found->second);
}

std::string render_capabilities(CapabilitySet set, CapabilityFormat format) {
  switch (format) {
    case CapabilityFormat::docker:
      return options(set);
    case CapabilityFormat::compose:
      return compose(set);
    case CapabilityFormat::oci:
      return oci(set);
    case CapabilityFormat::kubernetes:
      return kubernetes(set);
    case CapabilityFormat::quadlet:
      return quadlet(set);
    case CapabilityFormat::systemd:
      return systemd(set);
  }
  return "";
}

std::string_view pod_security_level(CapabilitySet set) {
  const Names names = short_names(set);
  const auto is_in_baseline = [](const std::string& name) {
    return std::ranges::find(kBaseline, name) != kBaseline.end();
  };
  return std::ranges::all_of(names, is_in_baseline) ? "baseline" : "privileged";
}

}  // namespace snug
