// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "tracer/linux/executable.hpp"
#include "tracer/linux/function_names.hpp"
#include "tracer/linux/memory_map.hpp"

namespace snug::tracer {

// What the files tell that a task's code is mapped from.
class MappedCode {
 public:
  struct Place {
    pid_t tid;
    std::uint64_t address;
    Origin origin;
    std::string mapping;  // its name in /proc/TID/map_files
  };

  const std::string& build_id_of(const Place& place);

  // The function that the byte `back` before the place is part of; empty when the file does not tell.
  const std::string& function_at(const Place& place, std::size_t back);

  // Whether libunwind may be let at the place's file: it finds the same one, and does not stumble over it.
  bool may_be_unwound(const Place& place);

  // The program has changed: mappings of the same name may be of other files.
  void forget_mappings() { files_.clear(); }

 private:
  struct File {
    std::string way;  // a path that leads to it, empty when there is none
    std::string build_id;
    bool may_be_unwound = false;
    std::optional<FunctionNames> names;  // once they were needed
  };

  File& file_of(const Place& place);

  BuildIdReader build_ids_;
  std::map<std::string, File> files_;                                // by mapping
  std::map<std::pair<Origin, std::string>, std::string> functions_;  // by origin and its file's build id
};

}  // namespace snug::tracer
