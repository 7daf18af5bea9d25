// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/function_names.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <tuple>
#include <utility>

namespace snug::tracer {
namespace {

constexpr std::size_t kMaxName = 511;

// "openat" is plainer than its aliases "openat64" and "__openat".
auto plainness(std::string_view name) {
  return std::tuple{std::min(name.find_first_not_of('_'), name.size()), name.size(), name};
}

}  // namespace

FunctionNames FunctionNames::in(const ElfFile& file) {
  FunctionNames names;
  std::copy_if(
      file.segments().begin(), file.segments().end(), std::back_inserter(names.code_),
      [](const Elf64_Phdr& segment) { return segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0; });
  names.add(file, SHT_SYMTAB);
  names.add(file, SHT_DYNSYM);
  return names;
}

void FunctionNames::add(const ElfFile& file, std::uint32_t type_of_section) {
  const auto& sections = file.sections();
  const auto symbols = std::find_if(sections.begin(), sections.end(),
                                    [&](const Elf64_Shdr& section) { return section.sh_type == type_of_section; });
  if (symbols == sections.end() || symbols->sh_link >= sections.size()) return;

  const Elf64_Shdr& names = sections[symbols->sh_link];
  const auto text = static_cast<std::uint32_t>(texts_.size());
  texts_.push_back(file.items<char>(names.sh_offset, names.sh_size));
  for (const Elf64_Sym& symbol : file.items<Elf64_Sym>(symbols->sh_offset, symbols->sh_size)) {
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF) continue;
    functions_.push_back({symbol.st_value, symbol.st_value + symbol.st_size, text, symbol.st_name});
  }
}

std::string_view FunctionNames::name_of(const Function& function) const {
  const auto& text = texts_[function.text];
  if (function.name >= text.size()) return {};
  const auto rest = std::string_view{text.data(), text.size()}.substr(function.name, kMaxName);
  return rest.substr(0, rest.find('\0'));
}

std::string FunctionNames::at(std::uint64_t offset) const {
  const auto segment = std::find_if(code_.begin(), code_.end(), [&](const Elf64_Phdr& code) {
    return offset >= code.p_offset && offset - code.p_offset < code.p_filesz;
  });
  if (segment == code_.end()) return {};
  const std::uint64_t address = segment->p_vaddr + (offset - segment->p_offset);

  std::string_view best;
  for (const Function& function : functions_) {
    if (address < function.begin || address >= function.end) continue;
    const std::string_view name = name_of(function);
    if (best.empty() || (!name.empty() && plainness(name) < plainness(best))) best = name;
  }
  return std::string{best};
}

}  // namespace snug::tracer
