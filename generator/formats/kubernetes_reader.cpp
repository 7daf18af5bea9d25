// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "generator/formats/kubernetes.hpp"
#include "generator/formats/oci_object.hpp"
#include "generator/formats/yaml_reader.hpp"

namespace snug {

namespace {

constexpr std::string_view kGroup = "security-profiles-operator.x-k8s.io/";

// What the operator does not pass on as it stands, so that reading it as OCI would say something else.
void reject_foreign(JsonReader& json, const JsonPlace& spec) {
  if (const JsonPlace base = json.member(spec, "baseProfileName"))
    json.reject(base, "names another profile, whose rules are added to these", "add its rules here, and remove it");
  for (const std::string_view key : {"defaultErrnoRet", "defaultErrno", "archMap"})
    if (const JsonPlace place = json.member(spec, key))
      json.reject(place, "is no part of a SeccompProfile, so that Kubernetes drops it", "remove it");
}

void reject_other_kinds(JsonReader& json, const JsonPlace& root) {
  const JsonPlace kind = json.member(root, "kind");
  const JsonPlace version = json.member(root, "apiVersion");
  const JsonPlace spec = json.member(root, "spec");
  if (json.text(kind) != "SeccompProfile")
    json.reject(kind, "is not SeccompProfile",
                "give a SeccompProfile; other objects do not hold the profile itself");
  if (!json.text(version).starts_with(kGroup))
    json.reject(version, fmt::format("does not begin with {}", kGroup), "give an object of that operator");
  if (!spec) json.reject(spec, "is missing", "give the whole object");
}

}  // namespace

Result<Profile> parse_kubernetes(const nlohmann::json& document, std::string_view source,
                                 const ReadOptions& options) {
  JsonReader json(fmt::format("cannot use the profile {}", source));
  const JsonPlace root{&document, ""};
  reject_other_kinds(json, root);
  const JsonPlace spec = json.member(root, "spec");
  reject_foreign(json, spec);
  Profile profile = profile_at(json, spec, options);
  if (json.problem()) return *json.problem();
  return profile;
}

Result<Profile> parse_kubernetes(std::string_view text, std::string_view source, const ReadOptions& options) {
  const auto document = parse_yaml(text, source);
  if (!document) return document.error();
  return parse_kubernetes(*document, source, options);
}

}  // namespace snug
