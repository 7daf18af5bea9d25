// SPDX-License-Identifier: Apache-2.0
#include "generator/core/proof.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "generator/core/answers.hpp"
#include "generator/core/bpf_evaluator.hpp"
#include "generator/core/telling_arguments.hpp"
#include "snug/subcalls.hpp"
#include "snug/syscalls.hpp"

namespace snug {

namespace {

constexpr std::size_t kMostMismatches = 10;
constexpr std::uint32_t kBeyondTheTable = 64;
constexpr std::uint32_t kSubcalls = 32;

// Numbers that no table has: -1, the ends of the ranges, the first numbers of other ABIs' ranges, and around arm's
// private calls.
constexpr std::uint32_t kOddNumbers[] = {0xffffffff, 0xfffffffe, 0x80000000, 0x7fffffff, 0x40000000, 0x400003ff,
                                         0x3fffffff, 0xeffff,    0xf0000,    0xf0001,    0xf0002,    0xf0003,
                                         0xf0004,    0xf0005,    0xf0006,    0xf0007,    0xffff,     0x10000,
                                         4000,       4999,       5000,       6000,       100000};

// AUDIT_ARCH_* of ABIs that snug has no table for (MIPS, PowerPC and S/390 of other widths, SPARC, PA-RISC), and of
// none.
constexpr std::uint32_t kForeignAuditArchs[] = {
    0x8, 0x40000008, 0x80000008, 0xc0000008, 0x14,       0x80000015, 0x16,       0x2,       0x8000002b,
    0xf, 0x00000028, 0,          0xffffffff, 0x40000000, 0x3e,       0x8000003e, 0xc0000003};

constexpr Arguments kAnyArguments{1, 2, 3, 4, 5, 6};

std::uint32_t largest_ordinary_number(Arch arch) {
  std::uint32_t largest = 0;
  for (const SyscallEntry& entry : syscalls_of(arch))
    if (entry.number < 0xf0000) largest = std::max(largest, entry.number);
  return largest;
}

std::string described(Verdict verdict) {
  const bool carries_errno = verdict.action == Action::fail || verdict.action == Action::trace;
  const std::string_view name = name_of(verdict.action);
  return carries_errno ? fmt::format("{}({})", name, verdict.errno_value) : std::string(name);
}

class Check {
 public:
  Check(std::span<const sock_filter> program, const Meaning& meaning) : program_(program), meaning_(meaning) {}

  ProofReport run() {
    for (const Arch arch : kKnownArchs) run_arch(arch);
    for (const std::uint32_t audit_arch : kForeignAuditArchs)
      run_raw(audit_arch, largest_ordinary_number(Arch::arm));
    return std::move(report_);
  }

 private:
  void run_arch(Arch arch) {
    const std::uint32_t end = largest_ordinary_number(arch) + kBeyondTheTable;
    for (std::uint32_t number = 0; number <= end; ++number) run_call({arch, number});
    run_raw(audit_arch_of(arch), 0);
  }

  void run_raw(std::uint32_t audit_arch, std::uint32_t end) {
    for (std::uint32_t number = 0; number < end; ++number) try_raw(audit_arch, number);
    for (const std::uint32_t number : kOddNumbers) try_raw(audit_arch, number);
  }

  void run_call(CallId id) {
    try_call(call_of(id, kAnyArguments));
    const auto name = syscall_name(id.first, id.second);
    const bool is_multiplexer = name && !subcall_name(*name, 1).empty();
    if (is_multiplexer) run_subcalls(id);

    const auto rules = meaning_.conditional_rules(id);
    if (rules.empty()) return;
    for (Arguments arguments : telling_arguments(rules)) {
      try_call(call_of(id, arguments));
      if (!is_multiplexer) continue;
      // Which subcall it is replaces what rules for it ask of argument 0.
      arguments[0] = report_.calls % kSubcalls;
      try_call(call_of(id, arguments));
    }
  }

  void run_subcalls(CallId id) {
    for (std::uint64_t number = 0; number < kSubcalls; ++number)
      for (const std::uint64_t upper : {std::uint64_t{0}, std::uint64_t{1} << 16, std::uint64_t{1} << 32})
        try_call(call_of(id, {number | upper, 2, 3, 4, 5, 6}));
  }

  void try_raw(std::uint32_t audit_arch, std::uint32_t number) {
    try_call({static_cast<int>(number), audit_arch, 0, {1, 2, 3, 4, 5, 6}});
  }

  void try_call(const seccomp_data& call) {
    ++report_.calls;
    const Verdict expected = meaning_.decide(call);
    const auto answer = evaluate(program_, call);
    if (answer == answer_of(expected)) return;

    ++report_.mismatched;
    if (report_.mismatches.size() == kMostMismatches) return;
    const auto [arch, number] = identity_of(call);
    report_.mismatches.push_back(
        {call, syscall_name(arch, number), expected, answer ? std::optional{verdict_of(*answer)} : std::nullopt});
  }

  std::span<const sock_filter> program_;
  const Meaning& meaning_;
  ProofReport report_;
};

}  // namespace

std::string describe(const Mismatch& mismatch) {
  const auto [arch, number] = identity_of(mismatch.call);
  const std::string abi = arch == Arch::unknown ? fmt::format("audit architecture {:#x}", mismatch.call.arch)
                                                : std::string(name_of(arch));
  return fmt::format("{} ({}, {}) with arguments {:#x}: {} instead of {}",
                     mismatch.name.value_or("a nameless call"), abi, number, fmt::join(mismatch.call.args, " "),
                     mismatch.got ? described(*mismatch.got) : "no answer", described(mismatch.expected));
}

ProofReport check(std::span<const sock_filter> program, const Meaning& meaning) {
  return Check(program, meaning).run();
}

}  // namespace snug
