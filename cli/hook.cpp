// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "cli/container_log.hpp"
#include "cli/container_recording.hpp"
#include "cli/container_watching.hpp"
#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"
#include "tracer/container/oci.hpp"

namespace snug::cli {
namespace {

struct HookOptions {
  std::string install;  // a folder for the hook's definition; empty: we are called as the hook
  std::string output_folder;
  std::string runtime;
  std::string mode = "record";
};

// The annotation names a file, or a folder by a slash at its end.
std::string output_of(const HookOptions& options, const tracer::HookState& state) {
  const auto asked = state.annotations.find(kOutputAnnotation);
  std::string path = asked == state.annotations.end() ? "" : asked->second;
  if (path.starts_with('/') && !path.ends_with('/')) return path;
  const std::string folder = path.starts_with('/') ? path : options.output_folder;
  return std::filesystem::path(folder) / (state.id + ".json");
}

// A container without a profile is denied nothing that we could see. Whoever is brought in finds the profile, too.
Result<Done> watch(const HookOptions& options, const tracer::AttachPlan& plan, const std::string& config,
                   const std::string& path) {
  const std::string& id = plan.container->id;
  const auto filter = tracer::filter_asked_for(config, path);
  if (!filter) return filter.error();
  std::error_code ignored;
  if (filter->empty())
    return std::filesystem::remove(container_profile_path(options.output_folder, id), ignored), Done{};
  if (const auto made = make_folder(options.output_folder); !made) return made.error();
  if (const auto kept = keep_container_profile(options.output_folder, id, *filter); !kept) return kept.error();
  return watch_in_background(plan, denied_in_mode(options.mode), options.output_folder);
}

Result<Done> run_as_hook(const HookOptions& options) {
  const auto text = read_file("-");
  if (!text) return text.error();
  const auto state = tracer::parse_hook_state(*text);
  if (!state) return state.error();
  const std::string path = state->bundle + "/config.json";
  const auto config_text = read_file(path);
  if (!config_text) return config_text.error();
  const auto config = tracer::parse_container_config(*config_text, path);
  if (!config) return config.error();

  tracer::AttachPlan plan;
  plan.pid = state->pid;
  plan.to = tracer::Attaching::launcher;
  plan.launches = config->command;
  plan.container = config->container;
  plan.container->id = state->id;
  plan.container->runtime = options.runtime;
  if (options.mode != "record") return watch(options, plan, *config_text, path);
  return record_in_background(plan, output_of(options, *state));
}

Result<Done> install(const HookOptions& options) {
  const tracer::HookCall call{own_program(), {"snug", "hook", "--output-dir", options.output_folder}};
  const std::string path = std::filesystem::path(options.install) / "snug.json";
  if (const auto written = write_file(path, tracer::hook_definition(call, kOutputAnnotation)); !written)
    return written.error();
  say(fmt::format("installed {}; containers with the annotation {} are recorded, in {} where it is no path", path,
                  kOutputAnnotation, options.output_folder));
  return Done{};
}

int run_hook(HookOptions& options) {
  if (options.output_folder.empty()) options.output_folder = default_output_folder();
  const auto done = options.install.empty() ? run_as_hook(options) : install(options);
  if (done) return kSuccess;
  complain(done.error());
  return kBadInput;
}

}  // namespace

void add_hook(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<HookOptions>();
  CLI::App* const verb = app.add_subcommand("hook", "Record a container: called by its runtime, as an OCI hook");
  verb->add_option("--install", options->install, "Write the hook's definition into this folder of podman or CRI-O")
      ->type_name("FOLDER");
  verb->add_option("--output-dir", options->output_folder,
                   "Where recordings go, one a container; default: /var/lib/snug or ~/.local/state/snug")
      ->type_name("FOLDER");
  verb->add_option("--runtime", options->runtime, "The runtime's path, to be kept in the recording")
      ->type_name("PATH");
  verb->add_option("--mode", options->mode, "What snug-runtime, which calls the hook, was told by --snug-mode")
      ->check(CLI::IsMember({"record", "watch", "verify"}))
      ->option_text("record|watch|verify");
  verb->footer(
      "A container that cannot be recorded does not start. One that was started is not hindered any more.\n\n"
      "Exit status: 0 when the container is being recorded, or the definition was written; 2 when not.");
  verb->callback([options, &invocation] { invocation.status = run_hook(*options); });
}

}  // namespace snug::cli
