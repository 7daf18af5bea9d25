// SPDX-License-Identifier: Apache-2.0
#include "tracer/container/oci.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace snug::tracer {
namespace {

using Json = nlohmann::ordered_json;

Error cannot_use(std::string_view source, std::string because) {
  return {ErrorCode::bad_input, fmt::format("cannot use {}", source), std::move(because),
          "it has to be what an OCI runtime reads and writes; see the OCI runtime specification"};
}

Result<Json> parse(std::string_view text, std::string_view source) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return cannot_use(source, "it is not JSON");
  if (!json.is_object()) return cannot_use(source, "it is no JSON object");
  return json;
}

Annotations annotations_in(const Json& json) {
  Annotations annotations;
  if (!json.contains("annotations") || !json.at("annotations").is_object()) return annotations;
  for (const auto& [key, value] : json.at("annotations").items())
    if (value.is_string()) annotations[key] = value.get<std::string>();
  return annotations;
}

std::string first_of(const Annotations& annotations, std::initializer_list<const char*> keys) {
  for (const char* const key : keys) {
    const auto found = annotations.find(key);
    if (found != annotations.end()) return found->second;
  }
  return "";
}

// By what each engine leaves in the annotations; Docker leaves nothing.
std::string engine_of(const Annotations& annotations) {
  if (annotations.contains("io.kubernetes.cri-o.ContainerID")) return "cri-o";
  if (annotations.contains("io.kubernetes.cri.container-type")) return "containerd";
  if (first_of(annotations, {"io.container.manager"}) == "libpod") return "podman";
  return "";
}

Container container_of(const Json& process) {
  const Json user = process.value("user", Json::object());
  Container container;
  container.uid = user.value("uid", 0U);
  container.gid = user.value("gid", 0U);
  container.no_new_privileges = process.value("noNewPrivileges", false);
  const Json capabilities = process.value("capabilities", Json::object()).value("bounding", Json::array());
  for (const Json& capability : capabilities) container.capabilities.insert(capability.get<std::string>());
  return container;
}

// What the engine asked for, null for nothing.
Json filter_in(const Json& config) {
  const Annotations annotations = annotations_in(config);
  const auto kept = annotations.find(kFilterAnnotation);
  if (kept != annotations.end()) return Json::parse(kept->second);
  return config.value("linux", Json::object()).value("seccomp", Json());
}

void put_filter(Json& config, std::string_view filter) {
  const Json asked = filter_in(config);
  if (filter.empty() && !annotations_in(config).contains(kFilterAnnotation)) return;
  if (filter.empty()) {
    config["annotations"].erase(kFilterAnnotation);
  } else {
    config["annotations"][kFilterAnnotation] = asked.dump();
  }
  const Json installed = filter.empty() ? asked : Json::parse(filter);
  if (installed.is_null()) {
    config["linux"].erase("seccomp");
  } else {
    config["linux"]["seccomp"] = installed;
  }
}

Container container_in(const Json& config, const Annotations& annotations) {
  Container container = container_of(config.value("process", Json::object()));
  container.engine = engine_of(annotations);
  container.name = first_of(annotations, {"io.kubernetes.cri-o.Name", "io.kubernetes.cri.container-name"});
  container.image = first_of(annotations, {"io.kubernetes.cri-o.ImageName", "io.kubernetes.cri.image-name",
                                           "org.opencontainers.image.ref.name"});
  container.pod = first_of(annotations, {"io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"});
  container.name_space =
      first_of(annotations, {"io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"});
  container.filtered = filter_in(config).is_object();
  return container;
}

bool is_sandbox(const Annotations& annotations) {
  return first_of(annotations, {"io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType"}) ==
         "sandbox";
}

Json call_json(const HookCall& call) {
  return {{"path", call.path}, {"args", call.arguments}};
}

}  // namespace

Result<HookState> parse_hook_state(std::string_view text) {
  constexpr std::string_view kSource = "the container's state on standard input";
  const auto json = parse(text, kSource);
  if (!json) return json.error();
  try {
    HookState state{.id = json->at("id").get<std::string>(),
                    .pid = json->at("pid").get<pid_t>(),
                    .bundle = json->at("bundle").get<std::string>(),
                    .annotations = annotations_in(*json)};
    if (state.pid <= 0) return cannot_use(kSource, "it has no process yet, or none any more");
    if (state.id.empty() || state.id.find('/') != std::string::npos || state.id.starts_with('.'))
      return cannot_use(kSource, "its id could not be a file's name");
    return state;
  } catch (const Json::exception& error) {
    return cannot_use(kSource, error.what());
  }
}

Result<ContainerConfig> parse_container_config(std::string_view text, std::string_view source) {
  const auto json = parse(text, source);
  if (!json) return json.error();
  try {
    const Annotations annotations = annotations_in(*json);
    return ContainerConfig{.command = json->at("process").at("args").get<std::vector<std::string>>(),
                           .container = container_in(*json, annotations),
                           .is_sandbox = is_sandbox(annotations),
                           .annotations = annotations};
  } catch (const Json::exception& error) {
    return cannot_use(source, error.what());
  }
}

Result<ContainerConfig> parse_process(std::string_view text, std::string_view source) {
  const auto json = parse(text, source);
  if (!json) return json.error();
  try {
    return ContainerConfig{.command = json->at("args").get<std::vector<std::string>>(),
                           .container = container_of(*json),
                           .annotations = {}};
  } catch (const Json::exception& error) {
    return cannot_use(source, error.what());
  }
}

Result<std::string> filter_asked_for(std::string_view text, std::string_view source) {
  const auto json = parse(text, source);
  if (!json) return json.error();
  try {
    const Json filter = filter_in(*json);
    return filter.is_null() ? std::string() : filter.dump();
  } catch (const Json::exception& error) {
    return cannot_use(source, error.what());
  }
}

Result<std::string> with_hook(std::string_view text, std::string_view source, const HookCall& call,
                              std::string_view filter) {
  auto json = parse(text, source);
  if (!json) return json.error();
  try {
    Json& hooks = (*json)["hooks"];
    if (hooks.is_null()) hooks = Json::object();
    Json& ours = hooks["createRuntime"];
    if (ours.is_null()) ours = Json::array();
    const auto is_ours = [&](const Json& hook) { return hook.value("path", "") == call.path; };
    ours.erase(std::remove_if(ours.begin(), ours.end(), is_ours), ours.end());
    ours.push_back(call_json(call));
    put_filter(*json, filter);
  } catch (const Json::exception& error) {
    return cannot_use(source, error.what());
  }
  return json->dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string hook_definition(const HookCall& call, std::string_view annotation) {
  const Json json{{"version", "1.0.0"},
                  {"hook", call_json(call)},
                  {"when", {{"annotations", {{"^" + std::string(annotation) + "$", ".*"}}}}},
                  {"stages", {"createRuntime"}}};
  return json.dump(2) + "\n";
}

}  // namespace snug::tracer
