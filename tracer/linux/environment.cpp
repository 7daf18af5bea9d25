// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/environment.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <time.h>

#include <fstream>
#if defined(__GLIBC__)
#include <gnu/libc-version.h>
#endif

namespace snug::tracer {
namespace {

std::string libc() {
#if defined(__GLIBC__)
  return fmt::format("glibc {}", gnu_get_libc_version());
#else
  return "unknown";
#endif
}

}  // namespace

Host this_host() {
  utsname names{};
  uname(&names);
  return {.kernel = names.release, .arch = native_arch(), .libc = libc()};
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  file >> id;
  return id;
}

std::string timestamp() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm parts{};
  gmtime_r(&now.tv_sec, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, now.tv_nsec / 1000);
}

}  // namespace snug::tracer
