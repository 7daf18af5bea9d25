// SPDX-License-Identifier: Apache-2.0
#include "cli/container_recording.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/recording_output.hpp"
#include "tracer/linux/background.hpp"

namespace snug::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kCheckpointPeriod{5000};

std::string home() {
  const char* const told = std::getenv("HOME");
  if (told != nullptr && *told == '/') return told;
  const passwd* const entry = getpwuid(geteuid());
  return entry != nullptr ? entry->pw_dir : "/";
}

// The first line of what a runtime says of its version; asked when nothing waits for the answer any more.
std::string version_of(const std::string& runtime) {
  if (runtime.empty()) return "";
  FILE* const answer = popen(shell_line({runtime, "--version"}).c_str(), "re");
  if (answer == nullptr) return "";
  std::array<char, 256> line{};
  const bool has_line = fgets(line.data(), line.size(), answer) != nullptr;
  pclose(answer);
  const std::string_view text = has_line ? line.data() : "";
  return std::string(text.substr(0, text.find('\n')));
}

Result<Done> record(const tracer::AttachPlan& plan, const RecordingOutput& output) {
  tracer::ObserveOptions options;
  options.tracer_version = SNUG_VERSION;
  options.checkpoint_period = kCheckpointPeriod;
  options.write_checkpoint = [&](const Recording& recording) {
    const auto saved = output.save_checkpoint(recording);
    if (!saved) warn(fmt::format("no checkpoint: {} ({})", saved.error().what, saved.error().because));
  };
  auto observed = tracer::observe(plan, options);
  if (!observed) return observed.error();
  if (observed->recording.syscalls.empty()) return Done{};
  observed->recording.runs.at(observed->id).container->runtime_version = version_of(plan.container->runtime);
  const auto saved = output.save(observed->recording);
  if (!saved) return rescue(saved.error(), observed->recording);
  return Done{};
}

}  // namespace

// Within the user namespace of a rootless engine we seem to be root.
std::string default_output_folder() {
  if (geteuid() == 0 && std::getenv("_CONTAINERS_USERNS_CONFIGURED") == nullptr) return "/var/lib/snug";
  const char* const state = std::getenv("XDG_STATE_HOME");
  const bool is_told = state != nullptr && *state == '/';
  return (is_told ? std::string(state) : home() + "/.local/state") + "/snug";
}

std::string own_program() {
  std::error_code failure;
  const auto path = fs::read_symlink("/proc/self/exe", failure);
  return failure ? "snug" : path.string();
}

Result<Done> record_in_background(tracer::AttachPlan plan, const std::string& path) {
  const RecordingOutput output{.path = path, .append = true};
  if (const auto made = make_folder(fs::path(path).parent_path()); !made) return made.error();
  if (const auto checked = output.check(); !checked) return checked.error();
  const std::string log = path + ".log";
  return tracer::run_in_background(log, [&](const std::function<void()>& ready) {
    plan.when_attached = [&](std::uint64_t, std::uint64_t) { ready(); };
    auto done = record(plan, output);
    if (!done) complain(done.error());
    remove_if_empty(log);
    return done;
  });
}

}  // namespace snug::cli
