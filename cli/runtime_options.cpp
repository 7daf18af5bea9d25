// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime_options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/container_recording.hpp"
#include "cli/files.hpp"

namespace snug::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSettings = "/etc/snug/runtime.json";
constexpr std::array kKnownRuntimes{"runc", "crun", "youki"};
constexpr std::array kRuntimeFolders{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};

// Options before the subcommand that have a value as a word of its own.
constexpr std::array kValued{"--root", "--log",      "--log-format",    "--log-level",
                             "--criu", "--rootless", "--cgroup-manager"};

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

// One of our options: its name on the command line and in the settings, and where its value goes.
struct Setting {
  const char* option;
  const char* key;
  std::string RuntimeOptions::*value;
};
constexpr std::array kSettingsKnown{Setting{kRuntimeOption, "runtime", &RuntimeOptions::runtime},
                                    Setting{kOutputOption, "output_dir", &RuntimeOptions::output_folder},
                                    Setting{kModeOption, "mode", &RuntimeOptions::mode},
                                    Setting{kStopsOption, "stops", &RuntimeOptions::stops}};

Result<RuntimeOptions> read_settings() {
  RuntimeOptions options;
  const char* const told = std::getenv("SNUG_RUNTIME_SETTINGS");
  const std::string path = told != nullptr ? told : kSettings;
  if (told == nullptr && access(path.c_str(), F_OK) != 0) return options;
  const auto text = read_file(path);
  if (!text) return text.error();
  try {
    const auto json = nlohmann::json::parse(*text);
    for (const Setting& setting : kSettingsKnown)
      if (json.contains(setting.key)) options.*setting.value = json.at(setting.key).get<std::string>();
    if (!json.is_object()) throw std::invalid_argument("it is no JSON object");
  } catch (const std::exception& error) {
    return Error{ErrorCode::bad_input, fmt::format("cannot use the settings in {}", path), error.what(),
                 R"(write {"runtime": "/usr/bin/runc", "output_dir": "/var/lib/snug", "mode": "record", )"
                 R"("stops": "seccomp"}, all optional)"};
  }
  return options;
}

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

Result<Done> check_choice(std::string_view option, const std::string& value,
                          std::initializer_list<std::string_view> choices) {
  if (std::ranges::find(choices, value) != choices.end()) return Done{};
  return Error{ErrorCode::usage, fmt::format("cannot use {} {}", option, value), "it is none of its values",
               fmt::format("use one of {}", fmt::join(choices, ", "))};
}

}  // namespace

bool is_ourselves(const std::string& path) {
  std::error_code failure;
  return fs::equivalent(path, "/proc/self/exe", failure) && !failure;
}

Words::const_iterator subcommand_in(const Words& words) {
  auto word = words.begin();
  while (word != words.end() && word->starts_with('-')) {
    const bool has_value = std::ranges::find(kValued, *word) != kValued.end();
    ++word;
    if (has_value && word != words.end()) ++word;
  }
  return word;
}

Result<RuntimeOptions> take_runtime_options(Words& words) {
  auto options = read_settings();
  if (!options) return options.error();
  for (const Setting& setting : kSettingsKnown) take(words, setting.option, (*options).*setting.value);
  if (const auto known = check_choice(kModeOption, options->mode, {"record", "watch", "verify"}); !known)
    return known.error();
  if (const auto known = check_choice(kStopsOption, options->stops, {"seccomp", "syscall"}); !known)
    return known.error();
  if (options->output_folder.empty()) options->output_folder = default_output_folder();
  options->output_folder = fs::absolute(options->output_folder);
  if (!options->runtime.empty()) return options;
  const auto found = find_runtime();
  if (!found)
    return Error{ErrorCode::bad_input, "there is no container runtime to call",
                 "neither runc nor crun is installed",
                 fmt::format("name one with {} PATH, or in {}", kRuntimeOption, kSettings)};
  options->runtime = *found;
  return options;
}

}  // namespace snug::cli
