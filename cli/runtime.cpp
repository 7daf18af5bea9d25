// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>

#include "cli/container_log.hpp"
#include "cli/container_recording.hpp"
#include "cli/container_watching.hpp"
#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/runtime_options.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"
#include "generator/formats/tracing.hpp"
#include "tracer/container/oci.hpp"
#include "tracer/core/report.hpp"
#include "tracer/linux/trace_filter.hpp"

namespace snug::cli {
namespace {

namespace fs = std::filesystem;

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
    const bool has_value = std::ranges::find(kValuedOfExec, *word) != kValuedOfExec.end();
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

// The runtime that we become is followed until it has brought the command into the container.
Result<Done> follow_exec(const Words& words, const RuntimeOptions& options) {
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
  if (options.mode == "record")
    return record_in_background(plan, fs::path(options.output_folder) / (*id + ".json"));
  if (access(container_profile_path(options.output_folder, *id).c_str(), F_OK) != 0) return Done{};
  return watch_in_background(plan, denied_in_mode(options.mode), options.output_folder);
}

// The filter that the container shall have instead of the one asked for; empty: that one.
Result<std::string> filter_for(const std::string& config, const std::string& path, const RuntimeOptions& options) {
  if (options.mode == "record") return options.stops == "seccomp" ? render_all_traced(tracer::kTraceMark) : "";
  auto asked = tracer::filter_asked_for(config, path);
  if (!asked || asked->empty()) return asked;
  return with_verdicts_traced(*asked, path);
}

// What cannot be read the runtime itself will complain about, in words that its engine understands.
Result<Done> add_hook_to_bundle(const Words& words, const RuntimeOptions& options) {
  const std::string bundle = value_of(words, words.end(), "--bundle", "-b").value_or(".");
  const std::string path = value_of(words, words.end(), "--config", "-f").value_or(bundle + "/config.json");
  const auto text = read_file(path);
  if (!text) return Done{};
  const auto config = tracer::parse_container_config(*text, path);
  if (config && config->is_sandbox) return Done{};
  const auto filter = filter_for(*text, path, options);
  if (!filter) return filter.error();
  const tracer::HookCall call{own_program(),
                              {"snug", "hook", "--output-dir", options.output_folder, "--runtime", options.runtime,
                               "--mode", options.mode}};
  const auto changed = tracer::with_hook(*text, path, call, *filter);
  if (!changed) return changed.error();
  if (*changed == *text) return Done{};
  return write_file(path, *changed);
}

// The filter by which our tracer has a call killed or trapped as the profile says, for all that we launch.
Result<Done> understand_refusals() {
  if (tracer::install_filter(tracer::understand_refusals_only())) return Done{};
  return Error{ErrorCode::not_permitted, "cannot install a seccomp filter", strerror(errno),
               "call snug-runtime as root, or use --snug-mode=watch"};
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
  const auto options = take_runtime_options(words);
  if (!options) return complain(options.error()), kTracerFailed;
  if (is_ourselves(options->runtime)) {
    complain({ErrorCode::usage, fmt::format("cannot call {}", options->runtime), "that is snug itself",
              "name runc, crun or another runtime"});
    return kTracerFailed;
  }
  const auto subcommand = subcommand_in(words);
  const std::string_view asked = subcommand == words.end() ? std::string_view() : *subcommand;
  const bool creates = asked == "create" || asked == "run";
  Result<Done> done = Done{};
  if (creates) done = add_hook_to_bundle(words, *options);
  if (asked == "exec") done = follow_exec(words, *options);
  if (done && options->mode == "verify" && (creates || asked == "exec")) done = understand_refusals();
  if (!done) return complain(done.error()), kTracerFailed;
  return call_runtime(options->runtime, words);
}

void add_runtime(CLI::App& app, Invocation& /*invocation*/) {
  CLI::App* const verb = app.add_subcommand("runtime", "Record containers: an OCI runtime in front of another");
  show_usage(*verb, "snug runtime [OPTIONS] RUNTIME-OPTIONS COMMAND ...\n       snug-runtime [OPTIONS] ...");
  verb->add_option(kRuntimeOption, "The runtime to call; default: runc or crun")->type_name("PATH");
  verb->add_option(kOutputOption, "Where recordings and logs go; default: as for snug hook")->type_name("FOLDER");
  verb->add_option(kModeOption,
                   "record all calls; or watch for those that the container's profile would deny, and let them\n"
                   "happen; or verify: they are denied. Default: record")
      ->option_text("record|watch|verify");
  verb->add_option(kStopsOption, "How a recorded container's calls stop: once, by a filter (the default), or twice")
      ->option_text("seccomp|syscall");
  verb->footer(
      "Everything else goes to the runtime. On create and run, the container's config.json gets a hook, and a\n"
      "filter that points out what is to be seen instead of its own. Installed as snug-runtime, it serves as a\n"
      "runtime of docker, containerd and podman. snug check --container and snug verify --container tell what\n"
      "was seen.\n\n"
      "Exit status: the runtime's; 125 when snug failed, 126 when the runtime cannot be called.");
}

}  // namespace snug::cli
