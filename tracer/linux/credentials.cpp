// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/credentials.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
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

// All of a file in /proc that is a page or two long; empty when it cannot be read.
std::string contents_of(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return "";
  std::string text(16384, '\0');
  const ssize_t size = read(file, text.data(), text.size());
  close(file);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

}  // namespace

std::optional<TaskStatus> read_status(pid_t tid) {
  const std::string folder = fmt::format("/proc/{}", tid);
  const std::string text = contents_of(folder + "/status");
  if (text.empty()) return std::nullopt;
  TaskStatus status;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) read_line(line.substr(0, colon), line.substr(colon + 1), status);
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
