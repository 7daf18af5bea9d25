// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/memory_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace snug::tracer {

// A line is "begin-end permissions offset device inode   path" (proc(5)); the path may hold blanks.
MemoryMap MemoryMap::of(pid_t tid) {
  MemoryMap map;
  std::ifstream file(fmt::format("/proc/{}/maps", tid));
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    Mapping mapping{};
    char dash = 0;
    std::string permissions, device, inode;
    fields >> std::hex >> mapping.begin >> dash >> mapping.end >> permissions >> mapping.offset >> device >> inode;
    std::getline(fields >> std::ws, mapping.path);
    mapping.file_id = fmt::format("{}:{}", device, inode);
    if (permissions.find('x') != std::string::npos) map.mappings_.push_back(std::move(mapping));
  }
  return map;
}

Origin MemoryMap::origin_of(std::uint64_t address) const {
  const Mapping* const found = find(address);
  if (found == nullptr || found->path.empty()) return {{}, address, {}};
  return {found->path, address - found->begin + found->offset, found->file_id};
}

std::string MemoryMap::name_of_mapping(std::uint64_t address) const {
  const Mapping* const found = find(address);
  return found == nullptr ? std::string{} : fmt::format("{:x}-{:x}", found->begin, found->end);
}

const MemoryMap::Mapping* MemoryMap::find(std::uint64_t address) const {
  const auto found = std::find_if(mappings_.begin(), mappings_.end(), [&](const Mapping& mapping) {
    return mapping.begin <= address && address < mapping.end;
  });
  return found == mappings_.end() ? nullptr : &*found;
}

// The 28th field of the line (proc(5)), of which the second, a name in parentheses, may hold blanks.
std::uint64_t initial_stack_pointer(pid_t tid) {
  std::ifstream file(fmt::format("/proc/{}/stat", tid));
  std::string line;
  std::getline(file, line);
  std::istringstream fields(line.substr(std::min(line.rfind(')'), line.size())));
  std::string skipped;
  for (int field = 2; field < 28; ++field) fields >> skipped;
  std::uint64_t pointer = 0;
  fields >> pointer;
  return pointer;
}

}  // namespace snug::tracer
