// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <elf.h>

#include <cstdint>
#include <string>
#include <vector>

namespace snug::tracer {

// A 64-bit ELF file of a workload, which may have been packed, stripped by force or made to deceive: whatever it
// says of itself is checked against its size before it is used.
class ElfFile {
 public:
  // Reads the headers of the file that `path` leads to. Where it is no such file there are no segments and
  // sections.
  explicit ElfFile(const std::string& path);
  ElfFile(const ElfFile&) = delete;
  ElfFile& operator=(const ElfFile&) = delete;
  ~ElfFile();

  const std::vector<Elf64_Phdr>& segments() const { return segments_; }
  const std::vector<Elf64_Shdr>& sections() const { return sections_; }

  // The items that fill `size` bytes from `offset` on; none when these are not all there, or are too many to be
  // meant.
  template <typename Item>
  std::vector<Item> items(std::uint64_t offset, std::uint64_t size) const {
    std::vector<Item> all;
    if (!has(offset, size)) return all;
    all.resize(size / sizeof(Item));
    if (!read(offset, all.data(), all.size() * sizeof(Item))) all.clear();
    return all;
  }

  // Whether everything that libunwind relies on is where the headers say. It looks without checking, so that a file
  // that lies would bring us down.
  bool is_sound() const;

 private:
  bool has(std::uint64_t offset, std::uint64_t size) const;
  bool read(std::uint64_t offset, void* into, std::uint64_t size) const;
  bool segment_is_sound(const Elf64_Phdr& segment) const;
  bool section_is_sound(const Elf64_Shdr& section, std::uint64_t size_of_names) const;
  bool section_names_are_sound() const;

  int file_;
  std::uint64_t size_ = 0;
  Elf64_Ehdr header_{};
  bool headers_fit_ = false;
  std::vector<Elf64_Phdr> segments_;
  std::vector<Elf64_Shdr> sections_;
};

}  // namespace snug::tracer
