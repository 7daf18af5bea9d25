// SPDX-License-Identifier: Apache-2.0
#include "snug/arch.hpp"

#include <linux/audit.h>
#include <seccomp.h>

#include <set>
#include <string>

#include "tests/support/catch.hpp"

namespace snug {
namespace {

TEST_CASE("an ABI is found again by its name and by its OCI name") {
  for (const Arch arch : kKnownArchs) {
    CAPTURE(name_of(arch));
    CHECK(arch_named(name_of(arch)) == arch);
    CHECK(arch_of_scmp_name(scmp_name_of(arch)) == arch);
  }
}

TEST_CASE("no two ABIs share a name or an OCI name") {
  std::set<std::string_view> names;
  std::set<std::string_view> scmp_names;
  for (const Arch arch : kKnownArchs) {
    names.insert(name_of(arch));
    scmp_names.insert(scmp_name_of(arch));
  }

  CHECK(names.size() == kKnownArchs.size());
  CHECK(scmp_names.size() == kKnownArchs.size());
}

TEST_CASE("ABIs are spelled as uname spells them, and in OCI profiles as libseccomp does") {
  CHECK(name_of(Arch::i386) == "i386");
  CHECK(name_of(Arch::aarch64) == "aarch64");
  CHECK(scmp_name_of(Arch::i386) == "SCMP_ARCH_X86");
  CHECK(scmp_name_of(Arch::aarch64) == "SCMP_ARCH_AARCH64");
  CHECK(scmp_name_of(Arch::loongarch64) == "SCMP_ARCH_LOONGARCH64");
}

TEST_CASE("the spellings of Debian, Docker and older compilers are understood") {
  CHECK(arch_named("amd64") == Arch::x86_64);
  CHECK(arch_named("x86") == Arch::i386);
  CHECK(arch_named("i686") == Arch::i386);
  CHECK(arch_named("arm64") == Arch::aarch64);
}

TEST_CASE("a name that is no ABI's names none") {
  CHECK(arch_named("") == std::nullopt);
  CHECK(arch_named("X86_64") == std::nullopt);
  CHECK(arch_named("mips64") == std::nullopt);
  CHECK(arch_of_scmp_name("") == std::nullopt);
  CHECK(arch_of_scmp_name("SCMP_ARCH_MIPS64") == std::nullopt);
  CHECK(arch_of_scmp_name("x86_64") == std::nullopt);
}

TEST_CASE("the unknown ABI can be written to a file and read back, but not into a profile") {
  CHECK(name_of(Arch::unknown) == "unknown");
  CHECK(arch_named("unknown") == Arch::unknown);
  CHECK(scmp_name_of(Arch::unknown).empty());
  CHECK(audit_arch_of(Arch::unknown) == 0);
}

TEST_CASE("audit architectures are those of linux/audit.h") {
  CHECK(audit_arch_of(Arch::x86_64) == AUDIT_ARCH_X86_64);
  CHECK(audit_arch_of(Arch::i386) == AUDIT_ARCH_I386);
  CHECK(audit_arch_of(Arch::x32) == AUDIT_ARCH_X86_64);
  CHECK(audit_arch_of(Arch::aarch64) == AUDIT_ARCH_AARCH64);
  CHECK(audit_arch_of(Arch::arm) == AUDIT_ARCH_ARM);
  CHECK(audit_arch_of(Arch::riscv64) == AUDIT_ARCH_RISCV64);
  CHECK(audit_arch_of(Arch::ppc64le) == AUDIT_ARCH_PPC64LE);
  CHECK(audit_arch_of(Arch::s390x) == AUDIT_ARCH_S390X);
#ifdef AUDIT_ARCH_LOONGARCH64
  CHECK(audit_arch_of(Arch::loongarch64) == AUDIT_ARCH_LOONGARCH64);
#endif
  CHECK(audit_arch_of(Arch::loongarch64) == 0xc0000102);
}

TEST_CASE("a call belongs to the ABI of its audit architecture") {
  for (const Arch arch : kKnownArchs) {
    if (arch == Arch::x32) continue;
    CAPTURE(name_of(arch));
    CHECK(arch_of_call(audit_arch_of(arch), 1) == arch);
  }
}

TEST_CASE("x32 is told from x86_64 by the bit in the number") {
  CHECK(arch_of_call(AUDIT_ARCH_X86_64, 0) == Arch::x86_64);
  CHECK(arch_of_call(AUDIT_ARCH_X86_64, kX32SyscallBit - 1) == Arch::x86_64);
  CHECK(arch_of_call(AUDIT_ARCH_X86_64, kX32SyscallBit) == Arch::x32);
  CHECK(arch_of_call(AUDIT_ARCH_X86_64, kX32SyscallBit + 520) == Arch::x32);
}

TEST_CASE("the bit means nothing in other ABIs") {
  CHECK(arch_of_call(AUDIT_ARCH_I386, kX32SyscallBit) == Arch::i386);
  CHECK(arch_of_call(AUDIT_ARCH_AARCH64, kX32SyscallBit) == Arch::aarch64);
}

TEST_CASE("a skipped call, number -1, is not mistaken for an x32 call") {
  CHECK(arch_of_call(AUDIT_ARCH_X86_64, UINT32_MAX) == Arch::x86_64);
  CHECK(arch_of_call(AUDIT_ARCH_X86_64, UINT64_MAX) == Arch::x86_64);
}

TEST_CASE("an audit architecture without a table is unknown") {
  CHECK(arch_of_call(AUDIT_ARCH_MIPS64, 1) == Arch::unknown);
  CHECK(arch_of_call(AUDIT_ARCH_PPC64, 1) == Arch::unknown);
  CHECK(arch_of_call(AUDIT_ARCH_PPC64, kX32SyscallBit) == Arch::unknown);
  CHECK(arch_of_call(0, 1) == Arch::unknown);
}

TEST_CASE("the native ABI is the one libseccomp was built for") {
  const std::uint32_t x32_token = seccomp_arch_resolve_name("x32");

  if (native_arch() == Arch::x32) {
    CHECK(seccomp_arch_native() == x32_token);
  } else {
    CHECK(seccomp_arch_native() == audit_arch_of(native_arch()));
  }
}

}  // namespace
}  // namespace snug
