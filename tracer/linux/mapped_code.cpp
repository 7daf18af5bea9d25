// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/mapped_code.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace snug::tracer {
namespace {

bool find(const std::string& path, struct stat& facts) {
  return stat(path.c_str(), &facts) == 0;
}

// The kernel shows mapped files as they are, deleted ones too, but to a privileged tracer only. To others the path
// tells, as the task's root or, below a changed root (chroot(2)), ours shows it; there may be another file by now.
std::string way_to(const MappedCode::Place& place) {
  struct stat facts = {};
  if (std::string path = fmt::format("/proc/{}/map_files/{}", place.tid, place.mapping); find(path, facts))
    return path;
  const std::string inode = place.origin.file_id.substr(place.origin.file_id.rfind(':') + 1);
  for (std::string path : {fmt::format("/proc/{}/root{}", place.tid, place.origin.path), place.origin.path}) {
    if (find(path, facts) && inode == std::to_string(facts.st_ino)) return path;
  }
  return {};
}

// libunwind looks for a regular file below the task's root, then below ours, and asks no more.
std::string libunwinds_way_to(const MappedCode::Place& place) {
  struct stat facts = {};
  std::string path = fmt::format("/proc/{}/root{}", place.tid, place.origin.path);
  return find(path, facts) && S_ISREG(facts.st_mode) ? path : place.origin.path;
}

bool is_same_file(const std::string& one, const std::string& other) {
  struct stat left = {};
  struct stat right = {};
  return find(one, left) && find(other, right) && left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

bool is_file(const MappedCode::Place& place) {
  return place.origin.path.starts_with('/');
}

}  // namespace

MappedCode::File& MappedCode::file_of(const Place& place) {
  const auto [found, is_new] = files_.try_emplace(place.mapping);
  File& file = found->second;
  if (!is_new || !is_file(place)) return file;
  file.way = way_to(place);
  if (file.way.empty()) return file;
  file.build_id = build_ids_.read(file.way).value_or("");
  file.may_be_unwound = is_same_file(file.way, libunwinds_way_to(place)) && ElfFile(file.way).is_sound();
  return file;
}

const std::string& MappedCode::build_id_of(const Place& place) {
  return file_of(place).build_id;
}

const std::string& MappedCode::function_at(const Place& place, std::size_t back) {
  Origin origin = place.origin;
  origin.offset -= back;
  File& file = file_of(place);
  // A file that was written anew may still be the same by its path, device and inode.
  const auto [found, is_new] = functions_.try_emplace({origin, file.build_id});
  if (!is_new || file.way.empty()) return found->second;
  if (!file.names) file.names = FunctionNames::in(ElfFile(file.way));
  found->second = file.names->at(origin.offset);
  return found->second;
}

// Code of no file, and the kernel's own, libunwind knows nothing about: it guesses.
bool MappedCode::may_be_unwound(const Place& place) {
  return !is_file(place) || file_of(place).may_be_unwound;
}

}  // namespace snug::tracer
