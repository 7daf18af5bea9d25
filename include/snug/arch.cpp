// SPDX-License-Identifier: Apache-2.0
#include "snug/arch.hpp"

#include <linux/audit.h>

#include <algorithm>

namespace snug {
namespace {

// Spelled out, because headers before Linux 5.19 lack it: EM_LOONGARCH (258), 64 bits, little endian.
constexpr std::uint32_t kAuditArchLoongArch64 = 258U | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE;

struct ArchRow {
  Arch arch;
  std::string_view name;
  std::string_view scmp_name;
  std::uint32_t audit_arch;
};

// x86_64 stands before x32, so that it is the one found by their common AUDIT_ARCH_X86_64.
constexpr std::array kRows{
    ArchRow{Arch::x86_64, "x86_64", "SCMP_ARCH_X86_64", AUDIT_ARCH_X86_64},
    ArchRow{Arch::i386, "i386", "SCMP_ARCH_X86", AUDIT_ARCH_I386},
    ArchRow{Arch::x32, "x32", "SCMP_ARCH_X32", AUDIT_ARCH_X86_64},
    ArchRow{Arch::aarch64, "aarch64", "SCMP_ARCH_AARCH64", AUDIT_ARCH_AARCH64},
    ArchRow{Arch::arm, "arm", "SCMP_ARCH_ARM", AUDIT_ARCH_ARM},
    ArchRow{Arch::riscv64, "riscv64", "SCMP_ARCH_RISCV64", AUDIT_ARCH_RISCV64},
    ArchRow{Arch::ppc64le, "ppc64le", "SCMP_ARCH_PPC64LE", AUDIT_ARCH_PPC64LE},
    ArchRow{Arch::s390x, "s390x", "SCMP_ARCH_S390X", AUDIT_ARCH_S390X},
    ArchRow{Arch::loongarch64, "loongarch64", "SCMP_ARCH_LOONGARCH64", kAuditArchLoongArch64},
    ArchRow{Arch::unknown, "unknown", "", 0},
};

constexpr bool rows_are_indexed_by_arch() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].arch) != i) return false;
  }
  return kRows.size() == kKnownArchs.size() + 1;
}
static_assert(rows_are_indexed_by_arch());

constexpr const ArchRow& row_of(Arch arch) {
  return kRows[static_cast<std::size_t>(arch)];
}

template <typename Value>
using Column = Value ArchRow::*;

// The ABI of the row whose `field` is `value`.
template <typename Value>
std::optional<Arch> arch_with(Column<Value> field, const Value& value) {
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const ArchRow& it) { return it.*field == value; });
  if (row == kRows.end()) return std::nullopt;
  return row->arch;
}

}  // namespace

std::string_view name_of(Arch arch) {
  return row_of(arch).name;
}

std::optional<Arch> arch_named(std::string_view name) {
  if (name == "amd64") return Arch::x86_64;
  if (name == "x86" || name == "i686") return Arch::i386;
  if (name == "arm64") return Arch::aarch64;
  return arch_with(&ArchRow::name, name);
}

std::string_view scmp_name_of(Arch arch) {
  return row_of(arch).scmp_name;
}

std::optional<Arch> arch_of_scmp_name(std::string_view scmp_name) {
  if (scmp_name.empty()) return std::nullopt;
  return arch_with(&ArchRow::scmp_name, scmp_name);
}

Arch arch_of_call(std::uint32_t audit_arch, std::uint64_t raw_number) {
  const Arch arch = arch_with(&ArchRow::audit_arch, audit_arch).value_or(Arch::unknown);
  // -1 has the bit too, but it is no x32 call: it is what a tracer writes to have the kernel skip a call.
  const bool is_skipped = static_cast<std::uint32_t>(raw_number) == UINT32_MAX;
  const bool has_x32_bit = (raw_number & kX32SyscallBit) != 0;
  return arch == Arch::x86_64 && has_x32_bit && !is_skipped ? Arch::x32 : arch;
}

std::uint32_t audit_arch_of(Arch arch) {
  return row_of(arch).audit_arch;
}

std::vector<Arch> family_of(Arch native) {
  if (native == Arch::x86_64) return {Arch::x86_64, Arch::i386, Arch::x32};
  if (native == Arch::aarch64) return {Arch::aarch64, Arch::arm};
  return {native};
}

Arch native_arch() {
#if defined(__x86_64__) && defined(__ILP32__)
  return Arch::x32;
#elif defined(__x86_64__)
  return Arch::x86_64;
#elif defined(__i386__)
  return Arch::i386;
#elif defined(__aarch64__)
  return Arch::aarch64;
#elif defined(__arm__)
  return Arch::arm;
#elif defined(__riscv) && __riscv_xlen == 64
  return Arch::riscv64;
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  return Arch::ppc64le;
#elif defined(__s390x__)
  return Arch::s390x;
#elif defined(__loongarch64)
  return Arch::loongarch64;
#else
  return Arch::unknown;
#endif
}

}  // namespace snug
