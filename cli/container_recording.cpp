// SPDX-License-Identifier: Apache-2.0
#include "cli/container_recording.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace snug::cli {
namespace {

std::string home() {
  const char* const told = std::getenv("HOME");
  if (told != nullptr && *told == '/') return told;
  const passwd* const entry = getpwuid(geteuid());
  return entry != nullptr ? entry->pw_dir : "/";
}

}  // namespace

std::string default_output_folder() {
  if (geteuid() == 0 && getuid() == 0 && std::getenv("_CONTAINERS_USERNS_CONFIGURED") == nullptr)
    return "/var/lib/snug";
  const char* const state = std::getenv("XDG_STATE_HOME");
  const bool is_told = state != nullptr && *state == '/';
  return (is_told ? std::string(state) : home() + "/.local/state") + "/snug";
}

Result<Done> make_folder(const std::string& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (!failure || std::filesystem::is_directory(path)) return Done{};
  return Error{ErrorCode::io, fmt::format("cannot make the folder {}", path), failure.message(),
               "choose another with --output-dir"};
}

}  // namespace snug::cli
