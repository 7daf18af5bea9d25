// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/proc.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace snug::tracer {
namespace {

// The entries of a folder that are numbers; fewer, when it vanishes meanwhile.
std::vector<pid_t> numbers_in(const std::filesystem::path& folder) {
  std::vector<pid_t> numbers;
  std::error_code failure;
  std::filesystem::directory_iterator entry(folder, failure);
  for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
    const std::string name = entry->path().filename();
    if (name.find_first_not_of("0123456789") == std::string::npos) numbers.push_back(std::stoi(name));
  }
  return numbers;
}

// What stands behind `key` in /proc/TID/status; never empty.
std::optional<std::string> status_field(pid_t tid, std::string_view key) {
  std::ifstream status(tid == 0 ? "/proc/self/status" : fmt::format("/proc/{}/status", tid));
  const std::string beginning = fmt::format("{}:\t", key);
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(beginning) && line.size() > beginning.size()) return line.substr(beginning.size());
  }
  return std::nullopt;
}

}  // namespace

bool proc_is_ours() {
  std::array<char, 16> number{};
  return readlink("/proc/self", number.data(), number.size() - 1) > 0 && number.data() == std::to_string(getpid());
}

std::optional<std::uint64_t> status_number(pid_t tid, std::string_view key, int base) {
  const auto text = status_field(tid, key);
  if (!text) return std::nullopt;
  return std::stoull(*text, nullptr, base);
}

std::vector<pid_t> status_numbers(pid_t tid, std::string_view key) {
  std::istringstream text(status_field(tid, key).value_or(""));
  return {std::istream_iterator<pid_t>(text), {}};
}

std::optional<char> state_of(pid_t tid) {
  const auto text = status_field(tid, "State");
  if (!text) return std::nullopt;
  return text->front();
}

std::vector<std::string> command_line_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/cmdline", pid));
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  return words;
}

std::vector<pid_t> all_processes() {
  return numbers_in("/proc");
}

std::vector<pid_t> threads_of(pid_t process) {
  return numbers_in(fmt::format("/proc/{}/task", process));
}

bool shares_our_mounts(pid_t tid) {
  std::error_code failure;
  return std::filesystem::equivalent(fmt::format("/proc/{}/ns/mnt", tid), "/proc/self/ns/mnt", failure) && !failure;
}

}  // namespace snug::tracer
