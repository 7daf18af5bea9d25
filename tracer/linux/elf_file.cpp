// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/elf_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace snug::tracer {
namespace {

constexpr std::uint64_t kMaxSize = 1U << 27U;  // bytes of a table; those of the largest programs have a tenth

// The first bytes of .eh_frame_hdr: its version and how its three parts are encoded. All linkers write these;
// others could make libunwind follow pointers in our own memory.
constexpr std::array<unsigned char, 4> kUnwindTable{1, 0x1b, 0x03, 0x3b};

}  // namespace

// A path may lead to anything: to open a pipe must not make us wait for its other end.
ElfFile::ElfFile(const std::string& path) : file_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  struct stat facts = {};
  if (file_ < 0 || fstat(file_, &facts) != 0 || !S_ISREG(facts.st_mode)) return;
  size_ = static_cast<std::uint64_t>(facts.st_size);
  if (!has(0, sizeof(header_)) || !read(0, &header_, sizeof(header_))) return;
  if (std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0 || header_.e_ident[EI_CLASS] != ELFCLASS64) return;

  if (header_.e_phentsize == sizeof(Elf64_Phdr))
    segments_ = items<Elf64_Phdr>(header_.e_phoff, header_.e_phnum * sizeof(Elf64_Phdr));
  if (header_.e_shentsize == sizeof(Elf64_Shdr))
    sections_ = items<Elf64_Shdr>(header_.e_shoff, header_.e_shnum * sizeof(Elf64_Shdr));
  headers_fit_ = segments_.size() == header_.e_phnum && sections_.size() == header_.e_shnum;
}

ElfFile::~ElfFile() {
  if (file_ >= 0) close(file_);
}

bool ElfFile::has(std::uint64_t offset, std::uint64_t size) const {
  return size <= kMaxSize && offset <= size_ && size <= size_ - offset;
}

bool ElfFile::read(std::uint64_t offset, void* into, std::uint64_t size) const {
  return pread(file_, into, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

bool ElfFile::is_sound() const {
  return headers_fit_ && !segments_.empty() && section_names_are_sound() &&
         std::all_of(segments_.begin(), segments_.end(),
                     [this](const Elf64_Phdr& segment) { return segment_is_sound(segment); });
}

bool ElfFile::segment_is_sound(const Elf64_Phdr& segment) const {
  if (segment.p_type == PT_GNU_EH_FRAME) {
    const auto start = items<unsigned char>(segment.p_offset, std::min<std::uint64_t>(segment.p_filesz, 12));
    return start.size() == 12 && std::equal(kUnwindTable.begin(), kUnwindTable.end(), start.begin());
  }
  if (segment.p_type == PT_DYNAMIC) {
    const auto entries = items<Elf64_Dyn>(segment.p_offset, segment.p_filesz);
    return std::any_of(entries.begin(), entries.end(),
                       [](const Elf64_Dyn& entry) { return entry.d_tag == DT_NULL; });
  }
  return true;
}

bool ElfFile::section_names_are_sound() const {
  if (sections_.empty()) return true;
  if (header_.e_shstrndx >= sections_.size()) return false;
  const Elf64_Shdr& names = sections_[header_.e_shstrndx];
  const auto text = items<char>(names.sh_offset, names.sh_size);
  if (text.empty() || text.back() != '\0') return false;
  return std::all_of(sections_.begin(), sections_.end(),
                     [&](const Elf64_Shdr& section) { return section_is_sound(section, text.size()); });
}

bool ElfFile::section_is_sound(const Elf64_Shdr& section, std::uint64_t size_of_names) const {
  const bool is_there = section.sh_type == SHT_NOBITS || section.sh_type == SHT_NULL ||
                        (section.sh_offset <= size_ && section.sh_size <= size_ - section.sh_offset);
  return is_there && section.sh_name < size_of_names;
}

}  // namespace snug::tracer
