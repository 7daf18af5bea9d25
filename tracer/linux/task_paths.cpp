// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/task_paths.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <string_view>

#include "tracer/linux/credentials.hpp"

namespace snug::tracer {
namespace {

std::string link_text(const std::string& path) {
  std::string text(PATH_MAX, '\0');
  const ssize_t size = readlink(path.c_str(), text.data(), text.size());
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

// What a task means by itself in /proc would be us.
std::string by_number(const Seeker& seeker, const std::string& path) {
  constexpr std::array kStreams{"/dev/stdin", "/dev/stdout", "/dev/stderr"};
  for (std::size_t i = 0; i < kStreams.size(); ++i)
    if (path == kStreams.at(i)) return fmt::format("/proc/{}/fd/{}", seeker.inner_process, i);
  const auto behind = [&](std::string_view beginning) -> std::string_view {
    const std::string_view text = path;
    if (!text.starts_with(beginning)) return {};
    const std::string_view rest = text.substr(beginning.size());
    return rest.empty() || rest.starts_with('/') ? rest : std::string_view{};
  };
  if (path == "/proc/self" || !behind("/proc/self").empty())
    return fmt::format("/proc/{}{}", seeker.inner_process, behind("/proc/self"));
  if (path == "/proc/thread-self" || !behind("/proc/thread-self").empty())
    return fmt::format("/proc/{}/task/{}{}", seeker.inner_process, seeker.inner_tid, behind("/proc/thread-self"));
  if (!behind("/dev/fd").empty()) return fmt::format("/proc/{}/fd{}", seeker.inner_process, behind("/dev/fd"));
  return path;
}

// A descriptor of the task's own, by its name in /proc: of another root, only that can be reached from ours.
std::string own_descriptor(const Seeker& seeker, const std::string& path) {
  const std::string prefix = fmt::format("/proc/{}/fd/", seeker.inner_process);
  if (!path.starts_with(prefix) || path.find('/', prefix.size()) != std::string::npos) return "";
  return fmt::format("/proc/{}/fd/{}", seeker.tid, path.substr(prefix.size()));
}

// `path` as it is below the task's root folder, which may be below ours.
std::string below_root(const Seeker& seeker, std::string path) {
  if (seeker.has_our_root) return path;
  const std::string root = link_text(fmt::format("/proc/{}/root", seeker.tid));
  if (root.size() > 1 && path.starts_with(root)) path.erase(0, root.size());
  return path.empty() ? "/" : path;
}

Descriptor open_place(const std::string& path) {
  return Descriptor(::open(path.c_str(), O_PATH | O_CLOEXEC));
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

bool has_our_root(pid_t tid) {
  struct Root {
    std::uint64_t mounts;
    struct stat folder;
  };
  static const Root kOurs = [] {
    Root ours{namespace_of(getpid(), "mnt"), {}};
    stat("/", &ours.folder);
    return ours;
  }();
  struct stat theirs {};
  return namespace_of(tid, "mnt") == kOurs.mounts &&
         stat(fmt::format("/proc/{}/root", tid).c_str(), &theirs) == 0 && theirs.st_dev == kOurs.folder.st_dev &&
         theirs.st_ino == kOurs.folder.st_ino;
}

Descriptor Search::open(bool follows) const {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC | (follows ? 0U : unsigned{O_NOFOLLOW});
  how.resolve = in_root ? RESOLVE_IN_ROOT : 0;
  const int from = start ? start.number() : AT_FDCWD;
  const char* const to = path.empty() ? "." : path.c_str();
  return Descriptor(static_cast<int>(syscall(SYS_openat2, from, to, &how, sizeof(how))));
}

std::string folder_of(const Seeker& seeker, int folder) {
  return folder == AT_FDCWD ? fmt::format("/proc/{}/cwd", seeker.tid)
                            : fmt::format("/proc/{}/fd/{}", seeker.tid, folder);
}

std::string path_from_us(const Seeker& seeker, const Place& place) {
  if (place.path.starts_with('/')) return by_number(seeker, place.path);
  return folder_of(seeker, place.folder) + "/" + place.path;
}

Search search_for(const Seeker& seeker, const Place& place) {
  if (place.path.empty()) return {Descriptor(), folder_of(seeker, place.folder), false};
  const bool is_absolute = place.path.starts_with('/');
  const std::string path = is_absolute ? by_number(seeker, place.path) : place.path;
  if (seeker.has_our_root) {
    if (is_absolute) return {Descriptor(), path, false};
    return {open_place(folder_of(seeker, place.folder)), path, false};
  }
  if (is_absolute) {
    if (std::string own = own_descriptor(seeker, path); !own.empty()) return {Descriptor(), std::move(own), false};
    return {open_place(fmt::format("/proc/{}/root", seeker.tid)), path, true};
  }
  std::string whole = below_root(seeker, link_text(folder_of(seeker, place.folder)));
  return {open_place(fmt::format("/proc/{}/root", seeker.tid)), std::move(whole) + "/" + path, true};
}

std::string name_for(const Seeker& seeker, const Place& place) {
  if (place.path.starts_with('/')) return by_number(seeker, place.path);
  std::string folder = below_root(seeker, link_text(folder_of(seeker, place.folder)));
  if (place.path.empty()) return folder;
  if (!folder.ends_with('/')) folder += '/';
  return folder + place.path;
}

}  // namespace snug::tracer
