// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/credentials.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <charconv>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

namespace snug::tracer {
namespace {

// The numbers of one line of /proc/PID/status.
class Numbers {
 public:
  Numbers(std::string_view text, int base) : rest_(text), base_(base) {}

  template <typename Number>
  bool next(Number& number) {
    const std::size_t start = rest_.find_first_not_of(" \t");
    if (start == std::string_view::npos) return false;
    const char* const begin = rest_.data() + start;
    const auto [end, failure] = std::from_chars(begin, rest_.data() + rest_.size(), number, base_);
    if (failure != std::errc{}) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return true;
  }

 private:
  std::string_view rest_;
  int base_;
};

Ids read_ids(std::string_view text) {
  Numbers numbers(text, 10);
  Ids ids;
  numbers.next(ids.real);
  numbers.next(ids.effective);
  numbers.next(ids.saved);
  numbers.next(ids.files);
  return ids;
}

void read_line(std::string_view key, std::string_view text, TaskStatus& status) {
  Credentials& own = status.credentials;
  const auto set = [&](CapabilitySet& capabilities) { Numbers(text, 16).next(capabilities); };
  const auto last = [&](pid_t& number) {
    Numbers numbers(text, 10);
    while (numbers.next(number)) continue;
  };
  if (key == "Tgid") last(own.process);
  if (key == "Uid") own.uid = read_ids(text);
  if (key == "Gid") own.gid = read_ids(text);
  if (key == "NSpid") last(status.inner_tid);
  if (key == "NStgid") last(status.inner_process);
  if (key == "CapInh") set(own.inheritable);
  if (key == "CapPrm") set(own.permitted);
  if (key == "CapEff") set(own.effective);
  if (key == "CapBnd") set(own.bounding);
  if (key == "CapAmb") set(own.ambient);
  if (key == "NoNewPrivs") own.no_new_privileges = text.find('1') != std::string_view::npos;
  if (key == "Groups") {
    Numbers numbers(text, 10);
    for (std::uint32_t group = 0; numbers.next(group);) own.groups.push_back(group);
  }
}

}  // namespace

std::optional<TaskStatus> read_status(pid_t tid) {
  const std::string folder = fmt::format("/proc/{}", tid);
  std::ifstream file(folder + "/status");
  if (!file) return std::nullopt;
  TaskStatus status;
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos)
      read_line(std::string_view(line).substr(0, colon), std::string_view(line).substr(colon + 1), status);
  }
  Credentials& own = status.credentials;
  // The folder of a process that may not be looked into is the first user's (proc(5)).
  struct stat found {};
  own.dumpable = stat(folder.c_str(), &found) == 0 && found.st_uid == own.uid.effective;
  own.user_namespace = namespace_of(tid, "user");
  return status;
}

std::uint64_t namespace_of(pid_t tid, const char* kind) {
  struct stat found {};
  const std::string path = fmt::format("/proc/{}/ns/{}", tid, kind);
  return stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

}  // namespace snug::tracer
