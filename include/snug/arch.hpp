// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace snug {

// A system call ABI: the same number names different calls in each. `unknown` stands for an audit architecture that
// snug has no table for; its calls are carried as numbers.
enum class Arch : std::uint8_t { x86_64, i386, x32, aarch64, arm, riscv64, ppc64le, s390x, loongarch64, unknown };

inline constexpr std::array kKnownArchs{Arch::x86_64,  Arch::i386,    Arch::x32,   Arch::aarch64,    Arch::arm,
                                        Arch::riscv64, Arch::ppc64le, Arch::s390x, Arch::loongarch64};

// x32 calls arrive as x86_64 calls with this bit set in the number (asm/unistd.h, __X32_SYSCALL_BIT).
inline constexpr std::uint32_t kX32SyscallBit = 0x40000000;

// The ABI's name as `uname -m` and our files spell it, e.g. "x86_64", "i386", "aarch64"; "unknown" for unknown.
std::string_view name_of(Arch arch);

// The ABI of that name, "unknown" included; also understands the spellings amd64, x86, i686, arm64.
std::optional<Arch> arch_named(std::string_view name);

// The ABI's name in OCI seccomp profiles, e.g. "SCMP_ARCH_X86_64"; empty for unknown.
std::string_view scmp_name_of(Arch arch);

// The ABI of that OCI name ("SCMP_ARCH_…"), if snug has a table for it.
std::optional<Arch> arch_of_scmp_name(std::string_view scmp_name);

// The ABI of a call as the kernel reports it: AUDIT_ARCH_* (linux/audit.h) and the call's raw number, which tells
// x32 from x86_64. A raw number of -1, a call that a tracer had the kernel skip, is never x32.
Arch arch_of_call(std::uint32_t audit_arch, std::uint64_t raw_number);

// AUDIT_ARCH_* of an ABI; 0 for unknown.
std::uint32_t audit_arch_of(Arch arch);

// The ABIs whose programs a kernel of the ABI `native` runs: its own and those it is compatible with.
std::vector<Arch> family_of(Arch native);

// The ABI this program was compiled for.
Arch native_arch();

}  // namespace snug
