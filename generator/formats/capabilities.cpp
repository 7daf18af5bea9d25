// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/capabilities.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>
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
constexpr std::array<std::string_view, 13> kBaseline{
    "AUDIT_WRITE",      "CHOWN",   "DAC_OVERRIDE", "FOWNER",  "FSETID", "KILL",      "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID",       "SETPCAP", "SETUID", "SYS_CHROOT"};

// As all but the kernel spell them.
Names short_names(CapabilitySet set) {
  Names names = names_of(set);
  for (std::string& name : names) name.erase(0, std::string_view("CAP_").size());
  return names;
}

std::string options(const CapabilityGrant& grant) {
  std::string text = "--cap-drop=ALL";
  for (const std::string& name : short_names(grant.set)) text += " --cap-add=" + name;
  if (grant.no_new_privileges) text += " --security-opt=no-new-privileges";
  return text + "\n";
}

std::string list(const Names& names, std::string_view indent) {
  std::string text;
  for (const std::string& name : names) text += fmt::format("{}- {}\n", indent, name);
  return text;
}

std::string compose(const CapabilityGrant& grant) {
  const Names names = short_names(grant.set);
  std::string text = "cap_drop:\n  - ALL\n";
  if (!names.empty()) text += "cap_add:\n" + list(names, "  ");
  if (grant.no_new_privileges) text += "security_opt:\n  - no-new-privileges:true\n";
  return text;
}

// A root process keeps what is permitted and effective through an exec. Another user's keeps what is ambient, which
// must be inheritable too.
std::string oci(const CapabilityGrant& grant) {
  const Names names = names_of(grant.set);
  const Names kept = grant.as_root ? Names{} : names;
  const nlohmann::ordered_json sets{
      {"bounding", names}, {"effective", names}, {"permitted", names}, {"inheritable", kept}, {"ambient", kept}};
  const nlohmann::ordered_json json{{"capabilities", sets}, {"noNewPrivileges", grant.no_new_privileges}};
  return json.dump(2) + "\n";
}

std::string kubernetes(const CapabilityGrant& grant) {
  const Names names = short_names(grant.set);
  std::string text = fmt::format("# Pod Security: {}\nsecurityContext:\n", pod_security_level(grant));
  if (grant.no_new_privileges) text += "  allowPrivilegeEscalation: false\n";
  text += "  capabilities:\n    drop:\n    - ALL\n";
  if (!names.empty()) text += "    add:\n" + list(names, "    ");
  if (!grant.as_root) text += "  runAsNonRoot: true\n";
  return text;
}

std::string quadlet(const CapabilityGrant& grant) {
  std::string text = "[Container]\nDropCapability=all\n";
  if (grant.set != 0) text += fmt::format("AddCapability={}\n", fmt::join(short_names(grant.set), " "));
  if (grant.no_new_privileges) text += "NoNewPrivileges=true\n";
  return text;
}

std::string systemd(const CapabilityGrant& grant) {
  const std::string names = fmt::format("{}", fmt::join(names_of(grant.set), " "));
  std::string text = fmt::format("[Service]\nCapabilityBoundingSet={}\n", names);
  if (!grant.as_root) text += fmt::format("AmbientCapabilities={}\n", names);
  if (grant.no_new_privileges) text += "NoNewPrivileges=yes\n";
  return text;
}

bool is_subset(const Names& names, std::span<const std::string_view> of) {
  return std::ranges::all_of(names,
                             [&](const std::string& name) { return std::ranges::find(of, name) != of.end(); });
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

std::string render_capabilities(const CapabilityGrant& grant, CapabilityFormat format) {
  switch (format) {
    case CapabilityFormat::docker:
      return options(grant);
    case CapabilityFormat::compose:
      return compose(grant);
    case CapabilityFormat::oci:
      return oci(grant);
    case CapabilityFormat::kubernetes:
      return kubernetes(grant);
    case CapabilityFormat::quadlet:
      return quadlet(grant);
    case CapabilityFormat::systemd:
      return systemd(grant);
  }
  return "";
}

std::string_view caveat_of(const CapabilityGrant& grant, CapabilityFormat format) {
  // Podman makes ambient what is added for another user than root.
  const bool has_ambient =
      format == CapabilityFormat::oci || format == CapabilityFormat::systemd || format == CapabilityFormat::quadlet;
  if (grant.as_root || grant.set == 0 || has_ambient) return "";
  return "programs of a user other than root do not get these by being added: their files must have them "
         "(setcap), or the program must start as root";
}

std::string_view pod_security_level(const CapabilityGrant& grant) {
  const Names names = short_names(grant.set);
  constexpr std::array<std::string_view, 1> kRestricted{"NET_BIND_SERVICE"};
  if (!grant.as_root && grant.no_new_privileges && is_subset(names, kRestricted)) return "restricted";
  return is_subset(names, kBaseline) ? "baseline" : "privileged";
}

}  // namespace snug
