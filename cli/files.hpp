// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "snug/result.hpp"

// Files as the verbs use them. The name "-" stands for standard input and standard output.
namespace snug::cli {

// The whole of a file. Errors: bad_input.
Result<std::string> read_file(const std::string& path);

// Replaces `path` by `content` so that at every moment, even after a power cut, either the old file is there or the
// new one: written beside it, synced, renamed. Errors: io; the old file is then untouched.
Result<Done> write_file(const std::string& path, std::string_view content);

// Makes the folder and those above it, unless it is there. Errors: io.
Result<Done> make_folder(const std::string& path);

// Removes a file in which nothing stands.
void remove_if_empty(const std::string& path);

// Whether `path` names a stream that we were given rather than a file: "-", /dev/stdout, /dev/fd/N. Such a stream
// is written to; a file that it happens to lead to is not replaced.
bool is_stream(const std::string& path);

// Whether both names lead to the same file, or would once it exists.
bool is_same_file(const std::string& one, const std::string& other);

// Whether write_file(path) has a chance: the folder exists and can be written to. Asked before a long run.
Result<Done> check_writable(const std::string& path);

// Keeps others that hold it for the same file waiting, as long as it lives: for reading, changing and replacing a
// file.
class FileLock {
 public:
  // Waits until no one else holds it. Locks the folder, since the file itself is replaced. Errors: io.
  static Result<FileLock> take(const std::string& path);

  // Nothing when someone else holds it, or it cannot be had.
  static std::optional<FileLock> take_if_free(const std::string& path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(const std::string& path);  // not locked yet

  int folder_;
};

}  // namespace snug::cli
