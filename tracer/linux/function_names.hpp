// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/linux/elf_file.hpp"

namespace snug::tracer {

// The functions that an ELF file names, for its users or for debuggers.
class FunctionNames {
 public:
  static FunctionNames in(const ElfFile& file);

  // The function that the byte at `offset` of the file is part of; empty when the file does not tell. Never another
  // function's name: a symbol says how long its function is. Of several names the plainest one.
  std::string at(std::uint64_t offset) const;

 private:
  struct Function {
    std::uint64_t begin, end;  // addresses, as the symbols give them
    std::uint32_t text, name;  // the place in texts_, and in that text
  };

  void add(const ElfFile& file, std::uint32_t type_of_section);
  std::string_view name_of(const Function& function) const;

  std::vector<Elf64_Phdr> code_;
  std::vector<Function> functions_;
  std::vector<std::vector<char>> texts_;
};

}  // namespace snug::tracer
