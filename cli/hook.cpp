// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>

#include "cli/container_recording.hpp"
#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/recording_output.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"
#include "tracer/container/oci.hpp"
#include "tracer/linux/background.hpp"
#include "tracer/linux/observe.hpp"

namespace snug::cli {
namespace {

constexpr std::chrono::milliseconds kCheckpointPeriod{5000};

struct HookOptions {
  std::string install;  // a folder for the hook's definition; empty: we are called as the hook
  std::string output_folder;
  std::string runtime;
};

// A container, and where its recording goes.
struct Recorded {
  tracer::HookState state;
  tracer::ContainerConfig config;
  RecordingOutput output;
};

std::string program() {
  std::error_code failure;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", failure);
  return failure ? "snug" : path.string();
}

// The annotation names a file, or a folder by a slash at its end.
std::string output_of(const HookOptions& options, const tracer::HookState& state) {
  const auto asked = state.annotations.find(kOutputAnnotation);
  const std::string path = asked == state.annotations.end() ? "" : asked->second;
  if (path.starts_with('/') && !path.ends_with('/')) return path;
  const std::string folder = path.starts_with('/') ? path : options.output_folder;
  return std::filesystem::path(folder) / (state.id + ".json");
}

Result<Recorded> read_state(const HookOptions& options) {
  const auto text = read_file("-");
  if (!text) return text.error();
  auto state = tracer::parse_hook_state(*text);
  if (!state) return state.error();
  const std::string path = state->bundle + "/config.json";
  const auto config_text = read_file(path);
  if (!config_text) return config_text.error();
  auto config = tracer::parse_container_config(*config_text, path);
  if (!config) return config.error();
  config->container.id = state->id;
  config->container.runtime = options.runtime;
  RecordingOutput output{.path = output_of(options, *state), .append = true};
  return Recorded{std::move(*state), std::move(*config), std::move(output)};
}

// Nothing is kept of a container that was never started: no program of its image ran.
Result<Done> record(const Recorded& recorded, const std::function<void()>& ready) {
  tracer::AttachPlan plan;
  plan.pid = recorded.state.pid;
  plan.launches = recorded.config.command;
  plan.container = recorded.config.container;
  plan.when_attached = [&](std::uint64_t, std::uint64_t) { ready(); };
  tracer::ObserveOptions options;
  options.tracer_version = SNUG_VERSION;
  options.checkpoint_period = kCheckpointPeriod;
  options.write_checkpoint = [&](const Recording& recording) {
    const auto saved = recorded.output.save_checkpoint(recording);
    if (!saved) warn(fmt::format("no checkpoint: {} ({})", saved.error().what, saved.error().because));
  };
  const auto observed = tracer::observe(plan, options);
  if (!observed) return observed.error();
  if (observed->run().accounting.execs == 0) return Done{};
  const auto saved = recorded.output.save(observed->recording);
  if (!saved) return rescue(saved.error(), observed->recording);
  return Done{};
}

// What is said is kept beside the recording, and only when there is something.
Result<Done> record_in_background(const Recorded& recorded) {
  const std::string log = recorded.output.path + ".log";
  const auto started = tracer::run_in_background(log, [&](const std::function<void()>& ready) {
    const auto done = record(recorded, ready);
    if (!done) complain(done.error());
    std::error_code ignored;
    if (std::filesystem::file_size(log, ignored) == 0) std::filesystem::remove(log, ignored);
    return done;
  });
  return started;
}

Result<Done> run_as_hook(const HookOptions& options) {
  const auto recorded = read_state(options);
  if (!recorded) return recorded.error();
  const auto folder = std::filesystem::path(recorded->output.path).parent_path();
  if (const auto made = make_folder(folder); !made) return made.error();
  if (const auto checked = recorded->output.check(); !checked) return checked.error();
  return record_in_background(*recorded);
}

Result<Done> install(const HookOptions& options) {
  const tracer::HookCall call{program(), {"snug", "hook", "--output-dir", options.output_folder}};
  const std::string path = std::filesystem::path(options.install) / "snug.json";
  if (const auto written = write_file(path, tracer::hook_definition(call, kOutputAnnotation)); !written)
    return written.error();
  say(fmt::format("installed {}; containers with the annotation {} are recorded, in {} where it is empty", path,
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
  verb->footer(
      "A container that cannot be recorded does not start. One that was started is not hindered any more.\n\n"
      "Exit status: 0 when the container is being recorded, or the definition was written; 2 when not.");
  verb->callback([options, &invocation] { invocation.status = run_hook(*options); });
}

}  // namespace snug::cli
