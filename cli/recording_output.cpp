// SPDX-License-Identifier: Apache-2.0
#include "cli/recording_output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "cli/files.hpp"
#include "cli/recordings.hpp"

namespace snug::cli {

bool RecordingOutput::adds_to_existing() const {
  return append && !is_stream(path) && access(path.c_str(), F_OK) == 0;
}

bool RecordingOutput::is_replaceable() const {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  return !is_stream(path) && (!std::filesystem::exists(status) || std::filesystem::is_regular_file(status));
}

Result<Done> RecordingOutput::check() const {
  if (const auto writable = check_writable(path); !writable) return writable.error();
  if (adds_to_existing()) {
    if (const auto before = load_recording(path); !before) return before.error();
  }
  return Done{};
}

// What is added to is read and replaced under a lock.
Result<Recording> RecordingOutput::save(Recording recording) const {
  if (!append || is_stream(path)) return write(std::move(recording));
  const auto lock = FileLock::take(path);
  if (!lock) return lock.error();
  return write(std::move(recording));
}

Result<Done> RecordingOutput::save_checkpoint(const Recording& recording) const {
  const auto lock = append ? FileLock::take_if_free(path) : std::nullopt;
  if (append && !lock) return Done{};
  const auto written = write(recording);
  if (!written) return written.error();
  return Done{};
}

Result<Recording> RecordingOutput::write(Recording recording) const {
  if (adds_to_existing()) {
    const auto before = load_recording(path);
    if (!before) return before.error();
    recording = merge(std::move(recording), *before);
  }
  const auto written = write_file(path, render(recording));
  if (!written) return written.error();
  return recording;
}

Error rescue(const Error& failure, const Recording& recording) {
  std::error_code no_place;
  const auto folder = std::filesystem::temp_directory_path(no_place);
  const std::string path = folder / fmt::format("snug.recording.{}.json", getpid());
  if (no_place || !write_file(path, render(recording))) return failure;
  Error rescued = failure;
  rescued.remedy = fmt::format("the recording of this run is in {}; {}", path, failure.remedy);
  return rescued;
}

}  // namespace snug::cli
