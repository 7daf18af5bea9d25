// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "tracer/core/surroundings.hpp"

// A task's files, as it would find them: by its own root and current folder, its descriptors and its number.
namespace snug::tracer {

// Closes what it holds.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

// Who looks for a file.
struct Seeker {
  pid_t tid = 0;
  pid_t inner_tid = 0;  // its numbers in its own pid namespace
  pid_t inner_process = 0;
  bool has_our_root = true;  // the same folder of the same mount namespace
};

// Whether the task's root folder is ours.
bool has_our_root(pid_t tid);

// Where a search for a file starts and how it goes on: what openat2(2) takes.
struct Search {
  Descriptor start;  // none: the path says it all
  std::string path;
  bool in_root = false;  // the start is the root folder

  // Opens the file as a place only (O_PATH); -1 with errno.
  Descriptor open(bool follows) const;
};

// The folder that a relative path begins at, and the file where a task has our root: by names that we can use.
std::string folder_of(const Seeker& seeker, int folder);
std::string path_from_us(const Seeker& seeker, const Place& place);

Search search_for(const Seeker& seeker, const Place& place);

// The file's name for the task: absolute where that can be told, and with its own number for /proc/self.
std::string name_for(const Seeker& seeker, const Place& place);

}  // namespace snug::tracer
