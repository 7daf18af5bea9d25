// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/task_view.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "tracer/linux/credentials.hpp"
#include "tracer/linux/proc.hpp"
#include "tracer/linux/unprivileged.hpp"

namespace snug::tracer {

Surroundings& TaskView::of(pid_t tid) {
  tid_ = tid;
  return *this;
}

const TaskView::Known& TaskView::known() {
  const auto found = known_.find(tid_);
  if (found != known_.end()) return found->second;
  const TaskStatus status = read_status(tid_).value_or(TaskStatus{});
  return known_
      .emplace(tid_, Known{status.credentials, {tid_, status.inner_tid, status.inner_process, has_our_root(tid_)}})
      .first->second;
}

// What the task calls `pid`, as we do. In its own pid namespace everybody has another number.
pid_t TaskView::our_number(pid_t pid) {
  if (known().seeker.inner_tid == tid_) return pid;
  const std::uint64_t home = namespace_of(tid_, "pid");
  for (const pid_t process : all_processes()) {
    for (const pid_t thread : threads_of(process)) {
      const auto status = read_status(thread);
      if (status && status->inner_tid == pid && namespace_of(thread, "pid") == home) return thread;
    }
  }
  return -1;
}

std::optional<Credentials> TaskView::process(pid_t pid) {
  const auto status = read_status(our_number(pid));
  if (!status) return std::nullopt;
  return status->credentials;
}

// Each page is asked for by itself, since what follows may be none of the task's.
std::string TaskView::bytes(std::uint64_t address, std::size_t size) {
  constexpr std::uint64_t kPage = 4096;
  std::string text(size, '\0');
  iovec ours{text.data(), size};
  std::vector<iovec> theirs;
  for (std::uint64_t at = address; at < address + size;) {
    const std::uint64_t end = std::min((at / kPage + 1) * kPage, address + size);
    theirs.push_back({std::bit_cast<void*>(at), end - at});
    at = end;
  }
  const ssize_t got = process_vm_readv(tid_, &ours, 1, theirs.data(), theirs.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

std::string TaskView::text(std::uint64_t address) {
  constexpr std::size_t kUsual = 256;
  for (const std::size_t size : {kUsual, std::size_t{PATH_MAX}}) {
    std::string text = bytes(address, size);
    const std::size_t end = text.find('\0');
    if (end != std::string::npos || text.size() < size) return text.substr(0, end);
  }
  return "";
}

std::optional<FileFacts> TaskView::file(const Place& place) {
  if (avoids_files_) return std::nullopt;
  const Descriptor file = search_for(known().seeker, place).open(place.follows);
  struct stat found {};
  if (!file || fstat(file.number(), &found) != 0) return std::nullopt;
  return FileFacts{found.st_uid, found.st_gid, found.st_mode};
}

namespace {

// Whether the kernel says no; any other failure is none of ours.
bool is_denied(int folder, const char* path, unsigned access, int flags) {
  return syscall(SYS_faccessat2, folder, path, access, flags | AT_EACCESS) != 0 && errno == EACCES;
}

}  // namespace

// A name in a folder that is the user's own takes nothing but that folder's own mode: most of what is looked up.
bool TaskView::is_plainly_reached(const Place& place, unsigned access, std::uint32_t uid) {
  if (access != kSearch || place.follows || place.path.empty() || place.path.find('/') != std::string::npos)
    return false;
  struct stat folder {};
  return stat(folder_of(known().seeker, place.folder).c_str(), &folder) == 0 && folder.st_uid == uid &&
         (folder.st_mode & S_IXUSR) != 0;
}

// Whether the kernel permits the whole at once, which it nearly always does.
bool TaskView::is_plainly_permitted(const Place& place, unsigned access) {
  const Seeker& seeker = known().seeker;
  if (!seeker.has_our_root || place.path.empty()) return false;
  return !is_denied(AT_FDCWD, path_from_us(seeker, place).c_str(), access, place.follows ? 0 : AT_SYMLINK_NOFOLLOW);
}

Forbidden TaskView::forbidden(const Place& place, unsigned access, By by) {
  if (avoids_files_) return {};
  const Credentials& own = known().credentials;
  const bool by_files = by == By::file_ids;
  const FileUser user{by_files ? own.uid.files : own.uid.real, by_files ? own.gid.files : own.gid.real, own.groups};
  if (is_plainly_reached(place, access, user.uid)) return {};
  Forbidden forbidden;
  Descriptor file;
  {
    const Unprivileged as(user);
    if (is_plainly_permitted(place, access)) return {};
  }
  const Search search = search_for(known().seeker, place);
  if (!place.path.empty()) {
    const Unprivileged as(user);
    file = search.open(place.follows);
    forbidden.way = !file && errno == EACCES;
  }
  if (access == kSearch) return forbidden;
  if (!file) file = search.open(place.follows);
  if (!file) return forbidden;
  const Unprivileged as(user);
  forbidden.access = is_denied(file.number(), "", access, AT_EMPTY_PATH);
  return forbidden;
}

std::string TaskView::name(const Place& place) {
  return name_for(known().seeker, place);
}

std::string TaskView::program() {
  std::error_code failure;
  return std::filesystem::read_symlink(fmt::format("/proc/{}/exe", tid_), failure).string();
}

// A second descriptor for what the task's is one for, which lets us ask about it.
Descriptor TaskView::duplicate(int descriptor) {
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, known().credentials.process, 0)));
  return Descriptor(static_cast<int>(syscall(SYS_pidfd_getfd, process.number(), descriptor, 0)));
}

std::optional<std::uint32_t> TaskView::inode_flags(int descriptor) {
  const Descriptor file = duplicate(descriptor);
  int flags = 0;
  if (!file || ioctl(file.number(), FS_IOC_GETFLAGS, &flags) != 0) return std::nullopt;
  return static_cast<std::uint32_t>(flags);
}

std::optional<std::string> TaskView::file_capabilities(const Place& place) {
  if (avoids_files_) return std::nullopt;
  const Descriptor file = search_for(known().seeker, place).open(place.follows);
  if (!file) return std::nullopt;
  std::string value(64, '\0');
  const std::string path = fmt::format("/proc/self/fd/{}", file.number());
  const ssize_t size = getxattr(path.c_str(), "security.capability", value.data(), value.size());
  if (size <= 0) return std::nullopt;
  value.resize(static_cast<std::size_t>(size));
  return value;
}

std::optional<SocketFacts> TaskView::socket(int descriptor) {
  const Descriptor socket = duplicate(descriptor);
  if (!socket) return std::nullopt;
  const auto option = [&](int name) {
    int value = -1;
    socklen_t size = sizeof(value);
    getsockopt(socket.number(), SOL_SOCKET, name, &value, &size);
    return value;
  };
  return SocketFacts{option(SO_DOMAIN), option(SO_TYPE), option(SO_PROTOCOL)};
}

bool TaskView::is_bound_to_device(int descriptor) {
  const Descriptor socket = duplicate(descriptor);
  std::array<char, 64> device{};
  socklen_t size = device.size();
  return socket && getsockopt(socket.number(), SOL_SOCKET, SO_BINDTODEVICE, device.data(), &size) == 0 && size != 0;
}

std::string TaskView::process_file(pid_t pid, std::string_view name) {
  std::ifstream file(fmt::format("/proc/{}/{}", our_number(pid), name));
  std::string text;
  std::getline(file, text, '\0');
  return text;
}

std::optional<pid_t> TaskView::pidfd_target(int descriptor) {
  std::ifstream file(fmt::format("/proc/{}/fdinfo/{}", tid_, descriptor));
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("NSpid:")) continue;
    const std::size_t last = line.find_last_of(" \t");
    return static_cast<pid_t>(std::strtol(line.c_str() + last, nullptr, 10));
  }
  return std::nullopt;
}

std::optional<int> TaskView::niceness(pid_t pid) {
  errno = 0;
  const int value = getpriority(PRIO_PROCESS, static_cast<id_t>(our_number(pid)));
  return errno == 0 ? std::optional(value) : std::nullopt;
}

std::optional<int> TaskView::policy(pid_t pid) {
  const int value = sched_getscheduler(our_number(pid));
  return value >= 0 ? std::optional(value & ~SCHED_RESET_ON_FORK) : std::nullopt;
}

std::optional<Limit> TaskView::limit(pid_t pid, int resource) {
  rlimit found{};
  if (prlimit(our_number(pid), static_cast<__rlimit_resource>(resource), nullptr, &found) != 0) return std::nullopt;
  return Limit{found.rlim_cur, found.rlim_max};
}

std::uint64_t TaskView::memory(std::string_view key) {
  return status_number(tid_, key).value_or(0) * 1024;
}

// A thread of ours visits the task's namespace, where it is another than ours and we may.
void TaskView::in_namespace(const char* kind, const std::function<void()>& look) {
  if (namespace_of(tid_, kind) == namespace_of(getpid(), kind)) return look();
  std::thread([&] {
    const Descriptor there(open(fmt::format("/proc/{}/ns/{}", tid_, kind).c_str(), O_RDONLY | O_CLOEXEC));
    if (there && setns(there.number(), 0) == 0) look();
  }).join();
}

std::optional<IpcFacts> TaskView::find_ipc(IpcKind kind, std::string_view column, int value) {
  constexpr std::array kTables{"/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg"};
  std::optional<IpcFacts> found;
  in_namespace("ipc", [&] {
    std::ifstream table(kTables.at(static_cast<std::size_t>(kind)));
    std::string line;
    std::getline(table, line);
    std::istringstream heads(line);
    const std::vector<std::string> columns{std::istream_iterator<std::string>(heads), {}};
    while (!found && std::getline(table, line)) {
      std::istringstream words(line);
      std::unordered_map<std::string, std::string> row;
      for (const std::string& head : columns) words >> row[head];
      if (std::atoi(row[std::string(column)].c_str()) != value) continue;
      const auto number = [&](const char* head, int base) {
        return static_cast<std::uint32_t>(std::strtoul(row[head].c_str(), nullptr, base));
      };
      found = IpcFacts{number("uid", 10), number("gid", 10), number("cuid", 10), number("cgid", 10),
                       number("perms", 8)};
    }
  });
  return found;
}

std::optional<IpcFacts> TaskView::ipc(IpcKind kind, int id) {
  constexpr std::array kColumns{"shmid", "semid", "msqid"};
  return find_ipc(kind, kColumns.at(static_cast<std::size_t>(kind)), id);
}

std::optional<IpcFacts> TaskView::ipc_of_key(IpcKind kind, int key) {
  return find_ipc(kind, "key", key);
}

// Those of the network are the reader's namespace's.
std::optional<std::int64_t> TaskView::setting(std::string_view name) {
  std::optional<std::int64_t> value;
  const auto look = [&] {
    std::ifstream file(fmt::format("/proc/sys/{}", name));
    std::int64_t number = 0;
    if (file >> number) value = number;
  };
  if (name.starts_with("net/")) {
    in_namespace("net", look);
  } else {
    look();
  }
  return value;
}

bool TaskView::kernel_is(unsigned major, unsigned minor) {
  utsname system{};
  uname(&system);
  unsigned own_major = 0;
  unsigned own_minor = 0;
  if (std::sscanf(system.release, "%u.%u", &own_major, &own_minor) != 2) return false;  // NOLINT(cert-err34-c)
  return std::pair(own_major, own_minor) >= std::pair(major, minor);
}

}  // namespace snug::tracer
