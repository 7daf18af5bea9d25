// SPDX-License-Identifier: Apache-2.0
#include "cli/recordings.hpp"

#include <utility>

#include "cli/files.hpp"

namespace snug::cli {

Result<Recording> load_recording(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  return parse_recording(*text, path);
}

Result<Recording> load_recordings(const std::vector<std::string>& paths) {
  Recording all;
  for (const std::string& path : paths) {
    const auto one = load_recording(path);
    if (!one) return one.error();
    all = merge(std::move(all), *one);
  }
  return all;
}

}  // namespace snug::cli
