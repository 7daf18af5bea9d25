// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/relatives.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace snug::tracer {
namespace {

bool is_traced_by(const std::filesystem::path& process, pid_t tracer) {
  std::ifstream status(process / "status");
  const std::string wanted = fmt::format("TracerPid:\t{}", tracer);
  for (std::string line; std::getline(status, line);) {
    if (line == wanted) return true;
  }
  return false;
}

}  // namespace

std::vector<pid_t> our_tracees() {
  std::vector<pid_t> tracees;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    const bool is_process = name.find_first_not_of("0123456789") == std::string::npos;
    if (is_process && is_traced_by(entry.path(), getpid())) tracees.push_back(std::stoi(name));
  }
  return tracees;
}

std::vector<pid_t> our_children() {
  std::ifstream file("/proc/thread-self/children");
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

}  // namespace snug::tracer
