// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/tracepoint.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>

namespace snug::tracer {
namespace {

// glibc 2.35 has no functions for these calls, which Linux has since 5.2. -1 with errno.
int mount_detached(const char* type) {
  const auto context = static_cast<int>(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
  if (context < 0) return -1;
  int mount = -1;
  if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0) {
    mount = static_cast<int>(syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0));
  }
  const int failure = errno;
  close(context);
  errno = failure;
  return mount;
}

int open_folder(const char* path) {
  return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool has_events(int folder) {
  return faccessat(folder, "events", F_OK, 0) == 0;
}

// The root of tracefs, or -1 with errno.
int open_tracefs() {
  for (const char* const path : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    const int folder = open_folder(path);
    if (folder >= 0 && has_events(folder)) return folder;
    if (folder >= 0) close(folder);
  }
  return mount_detached("tracefs");
}

// Nothing, with errno, when it cannot be read.
std::optional<std::string> read_file(int folder, const std::string& name) {
  const int file = openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::string text;
  std::array<char, 4096> part{};
  ssize_t got = 0;
  while ((got = read(file, part.data(), part.size())) > 0) text.append(part.data(), static_cast<std::size_t>(got));
  const int failure = errno;
  close(file);
  errno = failure;
  if (got < 0) return std::nullopt;
  return text;
}

Error cannot_find(const std::string& name, int errno_value) {
  Error error{ErrorCode::unsupported, fmt::format("cannot find the kernel's tracepoint {}", name), {}, {}};
  if (errno_value == EPERM || errno_value == EACCES) {
    error.code = ErrorCode::not_permitted;
    error.because = fmt::format("reading tracefs: {}", strerror(errno_value));
    error.remedy = "run snug as root, with CAP_SYS_ADMIN, outside of containers";
  } else {
    error.because = fmt::format("tracefs cannot be mounted: {}", strerror(errno_value));
    error.remedy = "use a kernel that is built with CONFIG_FTRACE";
  }
  return error;
}

Error has_none(const std::string& name) {
  return {ErrorCode::unsupported, fmt::format("cannot find the kernel's tracepoint {}", name),
          "this kernel has none of that name; Linux has capability/cap_capable from 6.14 on",
          "use Linux 6.14 or newer"};
}

Result<Tracepoint> read_tracepoint(int tracefs, const std::string& name) {
  const auto id = read_file(tracefs, fmt::format("events/{}/id", name));
  if (!id && errno == ENOENT) return has_none(name);
  if (!id) return cannot_find(name, errno);
  const auto format = read_file(tracefs, fmt::format("events/{}/format", name));
  if (!format) return cannot_find(name, errno);
  return Tracepoint{std::strtoull(id->c_str(), nullptr, 10), fields_of(*format)};
}

template <typename Number>
std::int64_t read_number(const std::byte* from) {
  Number number = 0;
  std::memcpy(&number, from, sizeof number);
  return static_cast<std::int64_t>(number);
}

// The number behind "offset:" and its like.
std::size_t number_behind(const std::string& line, const std::string& key) {
  const auto found = line.find(key);
  return found == std::string::npos ? 0 : std::strtoul(line.c_str() + found + key.size(), nullptr, 10);
}

}  // namespace

// A line is "	field:const struct cred * cred;	offset:8;	size:8;	signed:0;".
std::map<std::string, EventField, std::less<>> fields_of(const std::string& format) {
  std::map<std::string, EventField, std::less<>> fields;
  std::istringstream text(format);
  for (std::string line; std::getline(text, line);) {
    const auto begin = line.find("field:");
    const auto end = line.find(';');
    if (begin == std::string::npos || end == std::string::npos) continue;
    const std::string declaration = line.substr(begin, end - begin);
    fields[declaration.substr(declaration.find_last_of(" *:") + 1)] = {
        number_behind(line, "offset:"), number_behind(line, "size:"), number_behind(line, "signed:") == 1};
  }
  return fields;
}

std::optional<std::int64_t> value_of(const EventField& field, std::span<const std::byte> data) {
  if (data.size() < field.size || data.size() - field.size < field.offset) return std::nullopt;
  const std::byte* const from = data.data() + field.offset;
  switch (field.size) {
    case 1:
      return field.is_signed ? read_number<std::int8_t>(from) : read_number<std::uint8_t>(from);
    case 2:
      return field.is_signed ? read_number<std::int16_t>(from) : read_number<std::uint16_t>(from);
    case 4:
      return field.is_signed ? read_number<std::int32_t>(from) : read_number<std::uint32_t>(from);
    case 8:
      return read_number<std::int64_t>(from);
    default:
      return std::nullopt;
  }
}

Result<Tracepoint> find_tracepoint(const std::string& name) {
  const int tracefs = open_tracefs();
  if (tracefs < 0) return cannot_find(name, errno);
  auto found = read_tracepoint(tracefs, name);
  close(tracefs);
  return found;
}

}  // namespace snug::tracer
