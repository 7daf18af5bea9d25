// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace snug::tracer {

// Where in which file an address of a task comes from.
struct Origin {
  std::string path;  // the file, or the kernel's name in brackets, e.g. "[vdso]"; empty: no file is mapped there
  std::uint64_t offset = 0;  // in the file; the address itself where there is none
  std::string file_id;       // device and inode: tells files of one path in different mount namespaces apart

  auto operator<=>(const Origin&) const = default;
};

// The code that is mapped where in a task, as /proc/TID/maps says.
class MemoryMap {
 public:
  static MemoryMap of(pid_t tid);

  Origin origin_of(std::uint64_t address) const;

  // The name that the mapping around `address` has in /proc/TID/map_files, "begin-end"; empty when nothing is
  // mapped.
  std::string name_of_mapping(std::uint64_t address) const;

  // Whether there is code at `address`.
  bool has_code(std::uint64_t address) const { return find(address) != nullptr; }

  bool operator==(const MemoryMap&) const = default;

 private:
  struct Mapping {
    std::uint64_t begin, end, offset;
    std::string path, file_id;

    bool operator==(const Mapping&) const = default;
  };

  const Mapping* find(std::uint64_t address) const;

  std::vector<Mapping> mappings_;
};

// The stack pointer that the program of `tid` began with; 0 when it cannot be read.
std::uint64_t initial_stack_pointer(pid_t tid);

}  // namespace snug::tracer
