// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/trace_filter.hpp"

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "snug/arch.hpp"
#include "tracer/core/phase_marker.hpp"
#include "tracer/core/report.hpp"

namespace snug::tracer {
namespace {

// Far above every ABI's numbers, below the x32 bit, positive as an int.
constexpr int kKillThread = 0x1fdf0001;
constexpr int kKillProcess = 0x1fdf0002;
constexpr int kFirstTrap = 0x1fe00000;
constexpr int kLastTrap = 0x1fffffff;
constexpr int kTrappedX32 = 0x00100000;  // stands for the x32 bit, which itself does not fit
constexpr int kTrappedNumber = 0x000fffff;

constexpr sock_filter statement(std::uint16_t code, std::uint32_t operand) {
  return {code, 0, 0, operand};
}

// Goes on with the next instruction when the test holds, else skips `skipped` instructions.
constexpr sock_filter unless_skip(std::uint16_t test, std::uint32_t operand, std::uint8_t skipped) {
  return {static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), 0, skipped, operand};
}

constexpr sock_filter answer(std::uint32_t action) {
  return statement(BPF_RET | BPF_K, action);
}

constexpr sock_filter load(std::size_t offset) {
  return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

template <std::size_t Length>
Filter joined(const std::array<sock_filter, Length>& prologue, const Filter& filter) {
  Filter whole(prologue.begin(), prologue.end());
  whole.insert(whole.end(), filter.begin(), filter.end());
  return whole;
}

}  // namespace

Filter trace_everything() {
  return {answer(SECCOMP_RET_TRACE | kTraceMark)};
}

bool install_filter(const Filter& filter) {
  const sock_fprog program{static_cast<unsigned short>(filter.size()), const_cast<sock_filter*>(filter.data())};
  // Without SPEC_ALLOW kernels before 5.16 switch speculation mitigations on, which would slow the workload down.
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) == 0;
}

int number_meaning_kill(Action action) {
  return action == Action::kill_thread ? kKillThread : kKillProcess;
}

int number_meaning_trap(int trapped) {
  const bool is_x32 = (static_cast<std::uint32_t>(trapped) & kX32SyscallBit) != 0;
  return kFirstTrap | (trapped & kTrappedNumber) | (is_x32 ? kTrappedX32 : 0);
}

std::optional<int> trapped_call(int number) {
  if (number < kFirstTrap || number > kLastTrap) return std::nullopt;
  return (number & kTrappedNumber) | ((number & kTrappedX32) != 0 ? static_cast<int>(kX32SyscallBit) : 0);
}

Filter understand_refusals(const Filter& filter) {
  const std::array<sock_filter, 8> prologue{
      load(offsetof(seccomp_data, nr)),
      unless_skip(BPF_JEQ, kKillThread, 1),
      answer(SECCOMP_RET_KILL_THREAD),
      unless_skip(BPF_JEQ, kKillProcess, 1),
      answer(SECCOMP_RET_KILL_PROCESS),
      unless_skip(BPF_JGE, kFirstTrap, 2),
      {BPF_JMP | BPF_JGT | BPF_K, 1, 0, kLastTrap},
      answer(SECCOMP_RET_TRAP),
  };
  return joined(prologue, filter);
}

Filter understand_refusals_only() {
  return understand_refusals({answer(SECCOMP_RET_ALLOW)});
}

// Both of our architectures are little-endian: the lower half of an argument comes first.
Filter understand_phases(const Filter& filter) {
  const std::array<sock_filter, 7> prologue{
      load(offsetof(seccomp_data, arch)),     unless_skip(BPF_JEQ, audit_arch_of(native_arch()), 5),
      load(offsetof(seccomp_data, nr)),       unless_skip(BPF_JEQ, SYS_prctl, 3),
      load(offsetof(seccomp_data, args)),     unless_skip(BPF_JEQ, static_cast<std::uint32_t>(kPhaseMarker), 1),
      answer(SECCOMP_RET_TRACE | kTraceMark),
  };
  return joined(prologue, filter);
}

}  // namespace snug::tracer
