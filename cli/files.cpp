// SPDX-License-Identifier: Apache-2.0
#include "cli/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <utility>

namespace snug::cli {
namespace {

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

// Lets signals end us, as they normally do, while we wait for somebody else: where a workload ran they are blocked,
// so that nothing tears the writing of its recording.
class Interruptible {
 public:
  Interruptible() {
    sigset_t ending;
    sigemptyset(&ending);
    for (const int signo : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) sigaddset(&ending, signo);
    pthread_sigmask(SIG_UNBLOCK, &ending, &before_);
  }
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;
  ~Interruptible() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

Error cannot_write(const std::string& path, int reason) {
  Error error{ErrorCode::io, fmt::format("cannot write {}", path), strerror(reason),
              "choose another place with -o; what was there before is unchanged"};
  if (reason == ENOSPC || reason == EDQUOT) error.remedy = "make room; what was there before is unchanged";
  return error;
}

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// The new file belongs to whom the old one did, as far as we may give it away, with the same mode; where there was
// none it follows the umask.
bool take_over_identity(int descriptor, const std::string& path) {
  struct stat old = {};
  if (stat(path.c_str(), &old) == 0) {
    const bool given = fchown(descriptor, old.st_uid, old.st_gid) == 0;
    return fchmod(descriptor, old.st_mode & (given ? 07777U : 0777U)) == 0;
  }
  const mode_t mask = umask(0);
  umask(mask);
  return fchmod(descriptor, 0666 & ~mask) == 0;
}

Result<Done> replace(const std::string& path, std::string_view content) {
  std::string temporary = path + ".XXXXXX";
  const Descriptor file(mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.is_open()) return cannot_write(path, errno);
  if (!write_all(file.number(), content) || !take_over_identity(file.number(), path) || fsync(file.number()) != 0 ||
      rename(temporary.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    unlink(temporary.c_str());
    return cannot_write(path, reason);
  }
  const Descriptor folder(open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.is_open()) fsync(folder.number());  // makes the rename itself durable
  return Done{};
}

// The descriptor that a stream's name stands for, or -1 when it is no stream's name.
int stream_of(const std::string& path) {
  if (path == "-" || path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    int number = -1;
    const auto digits = std::string_view{path}.substr(std::min(path.size(), folder.size()));
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (path.starts_with(folder) && failure == std::errc{} && end == digits.data() + digits.size()) return number;
  }
  return -1;
}

// Devices and pipes (/dev/null) are written to, not replaced.
bool is_special(const std::string& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
         !std::filesystem::is_directory(status);
}

// Replacing a file needs leave to write only its folder, but nobody expects a file that may not be written to be
// replaced. Opening it asks the kernel, which also refuses to follow links that others planted in shared folders
// (fs.protected_symlinks). 0, or an errno.
int refusal_to_write(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  return file.is_open() || errno == ENOENT ? 0 : errno;
}

// A symbolic link stays one: what it points to is replaced, or made. The limit is the kernel's own (ELOOP).
std::string resolved(const std::string& path) {
  constexpr int kMaxLinks = 40;
  std::filesystem::path target = path;
  std::error_code failed;
  for (int links = 0; links < kMaxLinks && std::filesystem::is_symlink(target, failed); ++links) {
    target = target.parent_path() / std::filesystem::read_symlink(target, failed);
  }
  return target;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const Descriptor file(path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string content;
  std::array<char, 65536> buffer;
  ssize_t got = file.is_open() ? 1 : -1;
  while (got > 0) {
    got = read(file.number(), buffer.data(), buffer.size());
    if (got > 0) content.append(buffer.data(), static_cast<std::size_t>(got));
    if (got < 0 && errno == EINTR) got = 1;
  }
  if (got == 0) return content;
  return Error{ErrorCode::bad_input, fmt::format("cannot read {}", path), strerror(errno),
               "check the name and the permissions"};
}

Result<Done> make_folder(const std::string& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (!failure || std::filesystem::is_directory(path)) return Done{};
  return Error{ErrorCode::io, fmt::format("cannot make the folder {}", path), failure.message(),
               "choose another with --output-dir"};
}

void remove_if_empty(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::file_size(path, ignored) == 0) std::filesystem::remove(path, ignored);
}

bool is_stream(const std::string& path) {
  return stream_of(path) >= 0;
}

bool is_same_file(const std::string& one, const std::string& other) {
  std::error_code failed;
  if (std::filesystem::equivalent(one, other, failed)) return true;
  const auto place = [&](const std::string& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(resolved(path), failed), failed);
  };
  return place(one) == place(other);
}

Result<Done> write_file(const std::string& path, std::string_view content) {
  if (!is_stream(path) && !is_special(path)) {
    const int refusal = refusal_to_write(path);
    return refusal == 0 ? replace(resolved(path), content) : cannot_write(path, refusal);
  }
  const Interruptible while_others_read;
  const Descriptor target(is_stream(path) ? dup(stream_of(path)) : open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (target.is_open() && write_all(target.number(), content)) return Done{};
  return cannot_write(path == "-" ? "standard output" : path, errno);
}

Result<Done> check_writable(const std::string& path) {
  if (is_stream(path)) {
    const int flags = fcntl(stream_of(path), F_GETFL);
    if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY) return Done{};
    return cannot_write(path == "-" ? "standard output" : path, EBADF);
  }
  if (is_special(path)) return Done{};
  if (const int refusal = refusal_to_write(path); refusal != 0) return cannot_write(path, refusal);
  std::string probe = resolved(path) + ".XXXXXX";
  const Descriptor file(mkostemp(probe.data(), O_CLOEXEC));
  if (!file.is_open()) return cannot_write(path, errno);
  unlink(probe.c_str());
  return Done{};
}

FileLock::FileLock(const std::string& path)
    : folder_(open(folder_of(resolved(path)).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

std::optional<FileLock> FileLock::take_if_free(const std::string& path) {
  FileLock lock(path);
  if (lock.folder_ < 0 || flock(lock.folder_, LOCK_EX | LOCK_NB) != 0) return std::nullopt;
  return lock;
}

Result<FileLock> FileLock::take(const std::string& path) {
  FileLock lock(path);
  const Interruptible while_others_hold_it;
  if (lock.folder_ < 0 || flock(lock.folder_, LOCK_EX) != 0) return cannot_write(path, errno);
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : folder_(std::exchange(other.folder_, -1)) {}

FileLock::~FileLock() {
  if (folder_ >= 0) close(folder_);
}

}  // namespace snug::cli
