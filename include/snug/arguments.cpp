// SPDX-License-Identifier: Apache-2.0
#include "snug/arguments.hpp"

#include <algorithm>
#include <iterator>

#include "snug/call_table.hpp"

namespace snug {
namespace {

// How much of its register an argument is, which the kernel's own declaration of the call decides. Of an int it
// ignores the upper half, which may be anything.
constexpr std::uint64_t kInt = UINT32_MAX;
constexpr std::uint64_t kLong = UINT64_MAX;

// Of a mapping's protection only PROT_WRITE and PROT_EXEC matter: both together are what hardened profiles refuse.
constexpr std::uint64_t kWriteOrExecute = 0x2 | 0x4;

// Rows of one call stand together.
constexpr Argument kArguments[] = {
    {"arch_prctl", "code", 0, kInt},
    {"bpf", "cmd", 0, kInt},
    {"clone", "flags", 0, kLong},
    {"clone3", "flags", 0, kLong, true},
    {"fcntl", "cmd", 1, kInt},
    {"fcntl64", "cmd", 1, kInt},
    {"ioctl", "request", 1, kInt},
    {"ipc", "call", 0, 0xffff},  // the upper half is the interface's version (ipc(2))
    {"keyctl", "operation", 0, kInt},
    {"madvise", "advice", 2, kInt},
    {"mmap", "prot", 2, kWriteOrExecute},
    {"mmap2", "prot", 2, kWriteOrExecute},
    {"mprotect", "prot", 2, kWriteOrExecute},
    {"personality", "persona", 0, kInt},
    {"pkey_mprotect", "prot", 2, kWriteOrExecute},
    {"prctl", "option", 0, kInt},
    {"ptrace", "request", 0, kLong},
    {"seccomp", "operation", 0, kInt},
    {"setns", "nstype", 1, kInt},
    {"socket", "domain", 0, kInt},
    {"socket", "type", 1, kInt},
    {"socket", "protocol", 2, kInt},
    {"socketcall", "call", 0, kInt},
    {"socketpair", "domain", 0, kInt},
    {"socketpair", "type", 1, kInt},
    {"socketpair", "protocol", 2, kInt},
    {"unshare", "flags", 0, kLong},
};

constexpr Argument kCloneOfS390x[] = {{"clone", "flags", 1, kLong}};  // the stack comes first (clone(2), NOTES)

// Where mmap is the old call, its one argument points to a structure that holds all six (mmap2(2)).
constexpr bool has_old_mmap(Arch arch) {
  return arch == Arch::i386 || arch == Arch::s390x;
}

// For each call, the place of its first row, counted from 1.
CallTable make_table() {
  CallTable table;
  for (auto row = std::rbegin(kArguments); row != std::rend(kArguments); ++row) {
    const auto place = static_cast<std::uint8_t>(std::distance(row, std::rend(kArguments)));
    for (const Arch arch : kKnownArchs) {
      if (row->call == "mmap" && has_old_mmap(arch)) continue;
      table.set(arch, row->call, place);
    }
  }
  return table;
}

}  // namespace

std::span<const Argument> arguments_of(Arch arch, std::uint32_t number) {
  static const CallTable table = make_table();
  const std::size_t place = table(arch, number);
  if (place == 0) return {};
  const Argument* const first = &kArguments[place - 1];
  if (arch == Arch::s390x && first->call == "clone") return kCloneOfS390x;
  const auto* const last =
      std::find_if(first, std::end(kArguments), [&](const Argument& row) { return row.call != first->call; });
  return {first, last};
}

}  // namespace snug
