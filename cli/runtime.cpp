// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/container_recording.hpp"
#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"
#include "tracer/container/oci.hpp"

namespace snug::cli {
namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;

constexpr const char* kSettings = "/etc/snug/runtime.json";
constexpr std::array kKnownRuntimes{"runc", "crun", "youki"};
constexpr std::array kRuntimeFolders{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};

constexpr const char* kRuntimeOption = "--snug-runtime";
constexpr const char* kOutputOption = "--snug-output-dir";

// Options before the subcommand that have a value as a word of its own.
constexpr std::array kValued{"--root", "--log",      "--log-format",    "--log-level",
                             "--criu", "--rootless", "--cgroup-manager"};

struct RuntimeOptions {
  std::string runtime;
  std::string output_folder;
};

bool is_in(const auto& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_ourselves(const std::string& path) {
  std::error_code failure;
  return fs::equivalent(path, "/proc/self/exe", failure) && !failure;
}

// Looks past ourselves, who may stand under a runtime's name.
std::optional<std::string> find_runtime() {
  for (const char* const name : kKnownRuntimes) {
    for (const char* const folder : kRuntimeFolders) {
      const std::string path = fmt::format("{}/{}", folder, name);
      if (access(path.c_str(), X_OK) == 0 && !is_ourselves(path)) return path;
    }
  }
  return std::nullopt;
}

// {"runtime": "/usr/bin/crun", "output_dir": "/var/lib/snug"}, both optional.
Result<RuntimeOptions> read_settings() {
  const char* const told = std::getenv("SNUG_RUNTIME_SETTINGS");
  const std::string path = told != nullptr ? told : kSettings;
  if (told == nullptr && access(path.c_str(), F_OK) != 0) return RuntimeOptions{};
  const auto text = read_file(path);
  if (!text) return text.error();
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  const auto member = [&](const char* key) -> std::optional<std::string> {
    if (!json.is_object()) return std::nullopt;
    const auto value = json.value(key, nlohmann::json(""));
    return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
  };
  const auto runtime = member("runtime");
  const auto output = member("output_dir");
  if (!runtime || !output)
    return Error{ErrorCode::bad_input, fmt::format("cannot use the settings in {}", path), "they are no such JSON",
                 R"(write {"runtime": "/usr/bin/runc", "output_dir": "/var/lib/snug"}, both optional)"};
  return RuntimeOptions{*runtime, *output};
}

// Where in `words` the subcommand stands; their end when there is none.
Words::const_iterator subcommand_in(const Words& words) {
  auto word = words.begin();
  while (word != words.end() && word->starts_with('-')) {
    const bool has_value = is_in(kValued, *word);
    ++word;
    if (has_value && word != words.end()) ++word;
  }
  return word;
}

// Takes one of our own options from before the subcommand, where engines put it among those of the runtime.
void take(Words& words, std::string_view option, std::string& value) {
  for (auto word = words.begin(); word != words.begin() + (subcommand_in(words) - words.begin());) {
    if (word->starts_with(fmt::format("{}=", option))) {
      value = word->substr(option.size() + 1);
      word = words.erase(word);
    } else if (*word == option && word + 1 != words.end()) {
      value = *(word + 1);
      word = words.erase(word, word + 2);
    } else {
      ++word;
    }
  }
}

// What is left of `words` is the runtime's.
Result<RuntimeOptions> take_options(Words& words) {
  auto options = read_settings();
  if (!options) return options.error();
  take(words, kRuntimeOption, options->runtime);
  take(words, kOutputOption, options->output_folder);
  if (options->output_folder.empty()) options->output_folder = default_output_folder();
  if (!options->runtime.empty()) return options;
  const auto found = find_runtime();
  if (!found)
    return Error{ErrorCode::bad_input, "there is no container runtime to call",
                 "neither runc nor crun is installed",
                 fmt::format("name one with --snug-runtime PATH, or in {}", kSettings)};
  options->runtime = *found;
  return options;
}

// The value of an option behind the subcommand and before `end`.
std::optional<std::string> value_of(const Words& words, Words::const_iterator end, std::string_view name,
                                    std::string_view letter) {
  for (auto word = subcommand_in(words); word < end; ++word) {
    if (word->starts_with(fmt::format("{}=", name))) return word->substr(name.size() + 1);
    if ((*word == name || *word == letter) && word + 1 < end) return *(word + 1);
  }
  return std::nullopt;
}

// Options of exec that have a value as a word of its own.
constexpr std::array kValuedOfExec{"--console-socket",
                                   "--cwd",
                                   "--env",
                                   "-e",
                                   "--user",
                                   "-u",
                                   "--process",
                                   "--additional-gids",
                                   "-g",
                                   "-p",
                                   "--pid-file",
                                   "--cap",
                                   "--process-label",
                                   "--apparmor",
                                   "-c",
                                   "--preserve-fds",
                                   "--cgroup"};

// The container that exec is asked for, and behind it the command, if it stands there.
Words::const_iterator container_in(const Words& words) {
  auto word = subcommand_in(words);
  if (word != words.end()) ++word;
  while (word != words.end() && word->starts_with('-') && *word != "--") {
    const bool has_value = is_in(kValuedOfExec, *word);
    ++word;
    if (has_value && word != words.end()) ++word;
  }
  return word != words.end() && *word == "--" ? word + 1 : word;
}

// What exec is asked to bring in. What cannot be read the runtime itself will complain about.
std::optional<tracer::ContainerConfig> asked_of_exec(const Words& words) {
  if (const auto path = value_of(words, container_in(words), "--process", "-p")) {
    const auto text = read_file(*path);
    if (!text) return std::nullopt;
    const auto process = tracer::parse_process(*text, *path);
    return process ? std::optional(*process) : std::nullopt;
  }
  auto first = container_in(words);
  if (first != words.end()) ++first;
  if (first == words.end()) return std::nullopt;
  return tracer::ContainerConfig{.command = {first, words.end()}, .container = {}, .annotations = {}};
}

// The runtime that we become is watched until it has brought the command into the container.
Result<Done> record_exec(const Words& words, const RuntimeOptions& options) {
  const auto id = container_in(words);
  const auto asked = asked_of_exec(words);
  if (id == words.end() || !asked || id->find('/') != std::string::npos) return Done{};
  tracer::AttachPlan plan;
  plan.pid = getpid();
  plan.to = tracer::Attaching::runtime;
  plan.launches = asked->command;
  plan.container = asked->container;
  plan.container->id = *id;
  plan.container->runtime = options.runtime;
  plan.container->exec = true;
  return record_in_background(plan, fs::absolute(options.output_folder) / (*id + ".json"));
}

// What cannot be read the runtime itself will complain about, in words that its engine understands.
Result<Done> add_hook_to_bundle(const Words& words, const RuntimeOptions& options) {
  const std::string bundle = value_of(words, words.end(), "--bundle", "-b").value_or(".");
  const std::string path = value_of(words, words.end(), "--config", "-f").value_or(bundle + "/config.json");
  const auto text = read_file(path);
  if (!text) return Done{};
  const auto changed = tracer::with_hook(
      *text, path,
      {own_program(),
       {"snug", "hook", "--output-dir", fs::absolute(options.output_folder), "--runtime", options.runtime}});
  if (!changed) return changed.error();
  if (*changed == *text) return Done{};
  return write_file(path, *changed);
}

int call_runtime(const std::string& runtime, const Words& words) {
  std::vector<char*> arguments{const_cast<char*>(runtime.c_str())};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execv(runtime.c_str(), arguments.data());
  complain({ErrorCode::not_executable, fmt::format("cannot call the runtime {}", runtime), strerror(errno),
            "name another with --snug-runtime PATH"});
  return kNotExecutable;
}

}  // namespace

int run_runtime(Words words) {
  const auto options = take_options(words);
  if (!options) return complain(options.error()), kTracerFailed;
  if (is_ourselves(options->runtime)) {
    complain({ErrorCode::usage, fmt::format("cannot call {}", options->runtime), "that is snug itself",
              "name runc, crun or another runtime"});
    return kTracerFailed;
  }
  const auto subcommand = subcommand_in(words);
  const std::string_view asked = subcommand == words.end() ? std::string_view() : *subcommand;
  Result<Done> done = Done{};
  if (asked == "create" || asked == "run") done = add_hook_to_bundle(words, *options);
  if (asked == "exec") done = record_exec(words, *options);
  if (!done) return complain(done.error()), kTracerFailed;
  return call_runtime(options->runtime, words);
}

void add_runtime(CLI::App& app, Invocation& /*invocation*/) {
  CLI::App* const verb = app.add_subcommand("runtime", "Record containers: an OCI runtime in front of another");
  show_usage(*verb, "snug runtime [OPTIONS] RUNTIME-OPTIONS COMMAND ...\n       snug-runtime [OPTIONS] ...");
  verb->add_option(kRuntimeOption, "The runtime to call; default: runc or crun")->type_name("PATH");
  verb->add_option(kOutputOption, "Where recordings go; default: as for snug hook")->type_name("FOLDER");
  verb->footer(
      "Everything else goes to the runtime. On create and run, the container's config.json gets the hook that\n"
      "records it. Installed as snug-runtime, it serves as a runtime of docker, containerd and podman.\n\n"
      "Exit status: the runtime's; 125 when snug failed, 126 when the runtime cannot be called.");
}

}  // namespace snug::cli
