// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/kernel_symbols.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>

namespace snug::tracer {
namespace {

constexpr const char* kSymbolFile = "/proc/kallsyms";

// Empty, with errno, when it cannot be read. By large reads: the kernel makes the text anew for each.
std::string read_symbol_file() {
  const int file = open(kSymbolFile, O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  std::string text;
  std::array<char, 65536> part{};
  ssize_t got = 0;
  while ((got = ::read(file, part.data(), part.size())) > 0)
    text.append(part.data(), static_cast<std::size_t>(got));
  const int failure = errno;
  close(file);
  errno = failure;
  return text;
}

// Names, sizes and addresses of the modules, without their use counts and states. Never empty.
std::string read_modules() {
  std::ifstream file("/proc/modules");
  std::string all = "modules:\n";
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name, size, uses, users, state, address;
    fields >> name >> size >> uses >> users >> state >> address;
    all += fmt::format("{} {} {}\n", name, size, address);
  }
  return all;
}

int kptr_restrict() {
  std::ifstream file("/proc/sys/kernel/kptr_restrict");
  int value = 0;
  file >> value;
  return value;
}

bool is_code(char type) {
  return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

}  // namespace

Error explain_hidden_symbols(int kptr_restrict) {
  Error error{ErrorCode::not_permitted, "cannot read the names of the kernel's functions", {}, {}};
  if (kptr_restrict >= 2) {
    error.because =
        fmt::format("kernel.kptr_restrict is {}, so nobody sees addresses in {}", kptr_restrict, kSymbolFile);
    error.remedy = "'sysctl kernel.kptr_restrict=1'";
  } else {
    error.because = fmt::format("{} shows addresses only to a process with CAP_SYSLOG", kSymbolFile);
    error.remedy = "run snug as root, with CAP_SYSLOG";
  }
  return error;
}

Result<KernelSymbols> KernelSymbols::read() {
  std::string text = read_symbol_file();
  if (text.empty()) {
    return Error{ErrorCode::io, "cannot read the names of the kernel's functions",
                 fmt::format("{}: {}", kSymbolFile, strerror(errno)),
                 "mount /proc, and use a kernel that is built with CONFIG_KALLSYMS"};
  }
  KernelSymbols symbols(std::move(text));
  if (symbols.functions_.empty()) return explain_hidden_symbols(kptr_restrict());
  symbols.modules_ = read_modules();
  return symbols;
}

KernelSymbols::KernelSymbols(std::string text) : text_(text.begin(), text.end()) {
  parse();
}

// A line is "ffffffff81000000 T name", with "\t[module]" behind it for a module's. The padding before a function,
// "__pfx_name", is no function; hidden addresses are 0.
void KernelSymbols::parse() {
  functions_.clear();
  std::string_view rest(text_.data(), text_.size());
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    std::uint64_t address = 0;
    const auto parsed = std::from_chars(line.data(), line.data() + line.size(), address, 16);
    const auto used = static_cast<std::size_t>(parsed.ptr - line.data());
    if (line.size() < used + 4 || address == 0) continue;
    const std::string_view named = line.substr(used + 3);
    const std::string_view name = named.substr(0, named.find('\t'));
    if (name == "_stext") image_begin_ = address;
    if (name == "_etext") image_end_ = address;
    if (is_code(line[used + 1]) && !name.starts_with("__pfx_")) functions_.push_back({address, name});
  }
  std::stable_sort(functions_.begin(), functions_.end(),
                   [](const Symbol& a, const Symbol& b) { return a.address < b.address; });
}

const std::string& KernelSymbols::name_of(std::uint64_t address) {
  const auto known = names_.find(address);
  if (known != names_.end()) return known->second;
  if (!is_in_image(address)) reload_if_modules_changed();
  return names_.emplace(address, find(address)).first->second;
}

// Of several names of one address the first is taken. The file does not say where functions end: what is outside of
// the image belongs to no function inside.
std::string_view KernelSymbols::find(std::uint64_t address) const {
  const auto behind =
      std::upper_bound(functions_.begin(), functions_.end(), address,
                       [](std::uint64_t wanted, const Symbol& function) { return wanted < function.address; });
  if (behind == functions_.begin()) return {};
  if (!is_in_image(address) && is_in_image(std::prev(behind)->address)) return {};
  return std::lower_bound(functions_.begin(), behind, std::prev(behind)->address,
                          [](const Symbol& function, std::uint64_t wanted) { return function.address < wanted; })
      ->name;
}

bool KernelSymbols::is_in_image(std::uint64_t address) const {
  return image_begin_ <= address && address <= image_end_;
}

void KernelSymbols::reload_if_modules_changed() {
  std::string modules = modules_.empty() ? std::string{} : read_modules();
  if (modules == modules_) return;
  modules_ = std::move(modules);
  const std::string text = read_symbol_file();
  text_.assign(text.begin(), text.end());
  names_.clear();
  parse();
}

}  // namespace snug::tracer
