// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "snug/recording.hpp"

namespace snug::tracer {

// Reads build ids, each file's once.
class BuildIdReader {
 public:
  // Of the file that `path` leads to: lowercase hex, empty when it has none. Nothing when there is no way to the
  // file.
  std::optional<std::string> read(const std::string& path);

 private:
  struct FileId {
    std::uint64_t device, inode, size;
    std::int64_t changed;  // ctime, nanoseconds
    auto operator<=>(const FileId&) const = default;
  };

  std::map<FileId, std::string> known_;
};

// Tells which program a task runs, through /proc/TID/exe, which also reaches into other mount namespaces and to
// deleted files.
class ExecutableReader {
 public:
  // Nothing when the task is gone.
  std::optional<Executable> read(pid_t tid);

 private:
  BuildIdReader build_ids_;
};

// Whether the file that `tid` executes is marked to give privilege: setuid or setgid to an id that the task does
// not have, or file capabilities (execve(2)).
bool file_gives_privilege(pid_t tid);

// The GNU build id of the ELF file `path`, lowercase hex; empty when it has none or cannot be read.
std::string read_build_id(const std::string& path);

}  // namespace snug::tracer
