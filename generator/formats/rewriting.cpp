// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/rewriting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "generator/formats/format.hpp"
#include "generator/formats/yaml_reader.hpp"

namespace snug {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 4> kOurMembers{"defaultAction", "defaultErrnoRet", "architectures",
                                                      "syscalls"};

Error would_lose(std::string_view source, std::string because, std::string remedy) {
  return {ErrorCode::unsupported, fmt::format("cannot write the change into {}", source), std::move(because),
          std::move(remedy)};
}

bool depends_on_host(const Json& rule) {
  const auto has = [&](const char* key) { return rule.contains(key) && !rule.at(key).empty(); };
  return rule.is_object() && (has("includes") || has("excludes"));
}

// For several hosts at once, of which a Profile is one.
bool is_for_several_hosts(const Json& document) {
  const auto rules = document.find("syscalls");
  return document.contains("archMap") ||
         (rules != document.end() && std::any_of(rules->begin(), rules->end(), depends_on_host));
}

Result<std::string> rewritten_json(std::string_view text, std::string_view source, const Profile& after) {
  const auto rendered = render(after, Format::oci);
  if (!rendered) return rendered.error();
  const Json document = Json::parse(text, nullptr, false);
  if (is_for_several_hosts(document)) {
    return would_lose(source, "it has rules for several hosts (includes, excludes or archMap)",
                      fmt::format("make it one for this host first: snug convert --format oci {}", source));
  }
  Json json = Json::parse(*rendered);
  for (const auto& [key, value] : document.items())
    if (std::ranges::find(kOurMembers, key) == kOurMembers.end()) json[key] = value;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// The name of the object, where the file has one.
RenderOptions naming(Format format, std::string_view text, std::string_view source) {
  if (format != Format::kubernetes) return {};
  const auto document = parse_yaml(text, source);
  if (!document) return {};
  const auto name = document->value(nlohmann::json::json_pointer("/metadata/name"), nlohmann::json());
  return name.is_string() ? RenderOptions{.name = name, .localhost_profile = ""} : RenderOptions{};
}

}  // namespace

Result<std::string> rewritten(std::string_view text, std::string_view source, const Profile& before,
                              const Profile& after) {
  const Format format = format_of(text);
  if (format == Format::oci) return rewritten_json(text, source, after);

  const RenderOptions options = naming(format, text, source);
  const auto ours = render(before, format, options);
  if (!ours || *ours != text) {
    return would_lose(source, "snug did not write it so, and might lose what else it says",
                      fmt::format("convert it first: snug convert --format {} {}", name_of(format), source));
  }
  return render(after, format, options);
}

}  // namespace snug
