// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/executable.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <vector>

#include "tracer/linux/secure_execution.hpp"

namespace snug::tracer {
namespace {

// The name that GNU notes have, with its terminating zero, which counts.
constexpr std::string_view kGnu{ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)};

constexpr std::size_t kMaxNoteSegment =
    1 << 20;  // real ones have well under 4 KiB; a hostile file may claim any size

template <typename T>
bool read_at(std::ifstream& file, std::uint64_t offset, T* into, std::size_t count) {
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(reinterpret_cast<char*>(into), static_cast<std::streamsize>(count * sizeof(T)));
  return static_cast<bool>(file);
}

std::string to_hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex;
}

// A note is a header, a name and a description, each padded to four bytes (elf(5)).
std::string build_id_among(std::string_view notes) {
  constexpr auto padded = [](std::size_t size) { return (size + 3) & ~std::size_t{3}; };
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr header;
    std::memcpy(&header, notes.data(), sizeof(header));
    notes.remove_prefix(sizeof(header));
    const std::size_t name_size = padded(header.n_namesz);
    const std::size_t size = name_size + padded(header.n_descsz);
    if (size > notes.size()) break;
    const bool is_gnu = notes.substr(0, header.n_namesz) == kGnu;
    if (is_gnu && header.n_type == NT_GNU_BUILD_ID) return to_hex(notes.substr(name_size, header.n_descsz));
    notes.remove_prefix(size);
  }
  return {};
}

template <typename Header, typename Segment>
std::string build_id_of(std::ifstream& file) {
  Header header;
  if (!read_at(file, 0, &header, 1) || header.e_phentsize != sizeof(Segment)) return {};
  std::vector<Segment> segments(header.e_phnum);
  if (!read_at(file, header.e_phoff, segments.data(), segments.size())) return {};
  for (const Segment& segment : segments) {
    if (segment.p_type != PT_NOTE || segment.p_filesz > kMaxNoteSegment) continue;
    std::string notes(segment.p_filesz, '\0');
    if (!read_at(file, segment.p_offset, notes.data(), notes.size())) return {};
    if (std::string id = build_id_among(notes); !id.empty()) return id;
  }
  return {};
}

}  // namespace

bool file_gives_privilege(pid_t tid) {
  const std::string link = fmt::format("/proc/{}/exe", tid);
  struct stat file = {};
  struct stat task = {};
  // The file cannot be seen where the task is another user's by now, nor where it is unreadable, as sudo is on some
  // distributions. Where the kernel does not tell either, the program is taken for one.
  if (stat(link.c_str(), &file) != 0)
    return (errno == EACCES || errno == EPERM) && is_secure_execution(tid).value_or(true);
  if (stat(fmt::format("/proc/{}", tid).c_str(), &task) != 0) return false;
  const bool setuid = (file.st_mode & S_ISUID) != 0 && file.st_uid != task.st_uid;
  const bool setgid = (file.st_mode & S_ISGID) != 0 && (file.st_mode & S_IXGRP) != 0 && file.st_gid != task.st_gid;
  return setuid || setgid || getxattr(link.c_str(), "security.capability", nullptr, 0) > 0;
}

std::string read_build_id(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, EI_NIDENT> ident{};
  if (!file || !read_at(file, 0, ident.data(), ident.size())) return {};
  if (std::memcmp(ident.data(), ELFMAG, SELFMAG) != 0) return {};
  return ident[EI_CLASS] == ELFCLASS64 ? build_id_of<Elf64_Ehdr, Elf64_Phdr>(file)
                                       : build_id_of<Elf32_Ehdr, Elf32_Phdr>(file);
}

std::optional<std::string> BuildIdReader::read(const std::string& path) {
  struct stat facts = {};
  if (stat(path.c_str(), &facts) != 0) return std::nullopt;
  const FileId id{facts.st_dev, facts.st_ino, static_cast<std::uint64_t>(facts.st_size),
                  facts.st_ctim.tv_sec * 1'000'000'000 + facts.st_ctim.tv_nsec};
  const auto [place, is_new] = known_.try_emplace(id);
  if (is_new) place->second = read_build_id(path);
  return place->second;
}

std::optional<Executable> ExecutableReader::read(pid_t tid) {
  const std::string link = fmt::format("/proc/{}/exe", tid);
  std::array<char, PATH_MAX> target{};
  const ssize_t length = readlink(link.c_str(), target.data(), target.size());
  if (length < 0) return std::nullopt;

  std::string_view path{target.data(), static_cast<std::size_t>(length)};
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
  return Executable{std::string{path}, build_ids_.read(link).value_or("")};
}

}  // namespace snug::tracer
