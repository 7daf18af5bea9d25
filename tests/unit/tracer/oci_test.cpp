// SPDX-License-Identifier: Apache-2.0
#include "tracer/container/oci.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"

using namespace snug;
using namespace snug::tracer;
using nlohmann::json;

namespace {

const HookCall kCall{"/usr/bin/snug", {"snug", "hook"}};

constexpr std::string_view kConfig = R"({
  "ociVersion": "1.0.2",
  "process": {"args": ["nginx", "-g", "daemon off;"], "user": {"uid": 101, "gid": 102}, "noNewPrivileges": true,
              "capabilities": {"bounding": ["CAP_CHOWN", "CAP_KILL"], "effective": []}},
  "annotations": {"io.container.manager": "libpod", "org.opencontainers.image.ref.name": "web:1", "mine": "yes"},
  "linux": {"seccomp": {"defaultAction": "SCMP_ACT_ERRNO"}}
})";

json changed(std::string_view text) {
  const auto result = with_hook(text, "config.json", kCall);
  REQUIRE(result);
  return json::parse(*result);
}

}  // namespace

TEST_CASE("a hook's state names the container, its process and its bundle") {
  const auto state = parse_hook_state(
      R"({"ociVersion": "1.0.2", "id": "web", "status": "creating", "pid": 4711, "bundle": "/run/web",
          "annotations": {"io.snug.output": "/tmp/web.json", "number": 4}})");

  REQUIRE(state);
  CHECK(state->id == "web");
  CHECK(state->pid == 4711);
  CHECK(state->bundle == "/run/web");
  CHECK(state->annotations == Annotations{{"io.snug.output", "/tmp/web.json"}});
}

TEST_CASE("a state that is none is refused with the reason") {
  const auto [text, reason] = GENERATE(table<std::string, std::string>({
      {"", "not JSON"},
      {"[]", "no JSON object"},
      {R"({"id": "web"})", "pid"},
      {R"({"id": 4, "pid": 1, "bundle": "/"})", "string"},
      {R"({"id": "web", "pid": 0, "bundle": "/"})", "no process"},
      {R"({"id": "../web", "pid": 1, "bundle": "/"})", "file's name"},
      {R"({"id": "..", "pid": 1, "bundle": "/"})", "file's name"},
  }));
  const auto state = parse_hook_state(text);

  REQUIRE_FALSE(state);
  CHECK(state.error().code == ErrorCode::bad_input);
  CHECK(state.error().because.find(reason) != std::string::npos);
}

TEST_CASE("a configuration says what is run, as whom, and with what") {
  const auto config = parse_container_config(kConfig, "config.json");

  REQUIRE(config);
  CHECK(config->command == std::vector<std::string>{"nginx", "-g", "daemon off;"});
  CHECK(config->container == Container{.id = "",
                                       .name = "",
                                       .image = "web:1",
                                       .pod = "",
                                       .name_space = "",
                                       .engine = "podman",
                                       .runtime = "",
                                       .runtime_version = "",
                                       .uid = 101,
                                       .gid = 102,
                                       .no_new_privileges = true,
                                       .capabilities = {"CAP_CHOWN", "CAP_KILL"},
                                       .filtered = true,
                                       .exec = false});
}

TEST_CASE("what exec is to bring in says the same of itself") {
  const auto process = parse_process(R"({"args": ["ps"], "user": {"uid": 7}, "noNewPrivileges": true})", "process");

  REQUIRE(process);
  CHECK(process->command == std::vector<std::string>{"ps"});
  CHECK(process->container.uid == 7);
  CHECK(process->container.no_new_privileges);
  CHECK_FALSE(parse_process("{}", "process"));
}

TEST_CASE("a configuration that says little is enough") {
  const auto config = parse_container_config(R"({"process": {"args": ["true"]}})", "config.json");

  REQUIRE(config);
  CHECK(config->container == Container{});
}

TEST_CASE("a configuration without a command is refused") {
  const auto text =
      GENERATE(as<std::string>{}, "{", "{}", R"({"process": {}})", R"({"process": {"args": "true"}})");

  CHECK_FALSE(parse_container_config(text, "config.json"));
}

TEST_CASE("the hook is added behind the user's own, and all else stays") {
  json config = json::parse(kConfig);
  config["hooks"] = {{"createRuntime", {{{"path", "/bin/own"}}}}, {"poststop", {{{"path", "/bin/own"}}}}};

  const json after = changed(config.dump());

  CHECK(after["hooks"]["createRuntime"] ==
        json{{{"path", "/bin/own"}}, {{"path", "/usr/bin/snug"}, {"args", {"snug", "hook"}}}});
  CHECK(after["hooks"]["poststop"] == config["hooks"]["poststop"]);
  for (const auto& [key, value] : config.items())
    if (key != "hooks") CHECK(after[key] == value);
}

TEST_CASE("added twice it stands there once") {
  const json once = changed(kConfig);

  CHECK(changed(once.dump()) == once);
}

TEST_CASE("hooks that are none are refused and not replaced") {
  const auto hooks = GENERATE(as<std::string>{}, R"({"createRuntime": [4]})", R"({"createRuntime": "x"})", "4");

  CHECK_FALSE(with_hook(R"({"hooks": )" + hooks + "}", "config.json", kCall));
}

TEST_CASE("the definition for podman and CRI-O waits for the annotation") {
  const json definition = json::parse(hook_definition(kCall, "io.snug.output"));

  CHECK(definition["version"] == "1.0.0");
  CHECK(definition["hook"]["path"] == "/usr/bin/snug");
  CHECK(definition["when"]["annotations"] == json{{"^io.snug.output$", ".*"}});
  CHECK(definition["stages"] == json{"createRuntime"});
}

TEST_CASE("another filter takes the place of the one asked for, which is kept and comes back") {
  const std::string asked = GENERATE(as<std::string>{}, R"({"defaultAction":"SCMP_ACT_LOG"})", "");
  json config = json::parse(kConfig);
  config["linux"].erase("seccomp");
  if (!asked.empty()) config["linux"]["seccomp"] = json::parse(asked);
  const std::string ours = R"({"defaultAction":"SCMP_ACT_TRACE"})";

  std::string text = config.dump();
  for (int again = 0; again < 2; ++again) text = *with_hook(text, "config.json", kCall, ours);
  CHECK(json::parse(text)["linux"]["seccomp"] == json::parse(ours));
  CHECK(*filter_asked_for(text, "config.json") == asked);
  CHECK(parse_container_config(text, "config.json")->container.filtered == !asked.empty());

  CHECK(json::parse(*with_hook(text, "config.json", kCall)) ==
        json::parse(*with_hook(config.dump(), "config.json", kCall)));
}

TEST_CASE("a configuration that asks for no filter, or has no such part at all, can be given one") {
  const auto text =
      with_hook(R"({"process": {"args": ["true"]}})", "config.json", kCall, R"({"defaultAction": "x"})");

  REQUIRE(text);
  CHECK(json::parse(*text)["linux"]["seccomp"]["defaultAction"] == "x");
}

TEST_CASE("Kubernetes' engines tell pod and namespace, and what only keeps a pod's namespaces") {
  const std::string cri =
      GENERATE(as<std::string>{},
               R"("io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.sandbox-name": "web-1",
                                      "io.kubernetes.cri.sandbox-namespace": "shop")",
               R"("io.kubernetes.cri-o.ContainerType": "container", "io.kubernetes.pod.name": "web-1",
                                      "io.kubernetes.pod.namespace": "shop")");
  const std::string text = R"({"process": {"args": ["web"]}, "annotations": {)" + cri + "}}";
  const auto config = parse_container_config(text, "config.json");

  REQUIRE(config);
  CHECK(config->container.pod == "web-1");
  CHECK(config->container.name_space == "shop");
  CHECK_FALSE(config->is_sandbox);
}
