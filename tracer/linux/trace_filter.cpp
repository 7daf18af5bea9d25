// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/trace_filter.hpp"

#include <linux/seccomp.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace snug::tracer {
namespace {

// Far above every ABI's numbers, below the x32 bit, positive as an int.
constexpr int kTrap = 0x1fff0001;
constexpr int kKillThread = 0x1fff0002;
constexpr int kKillProcess = 0x1fff0003;

constexpr sock_filter statement(std::uint16_t code, std::uint32_t operand) {
  return {code, 0, 0, operand};
}

// Goes on with the next instruction when the number is `number`, else skips it.
constexpr sock_filter unless_skip(int number) {
  return {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<std::uint32_t>(number)};
}

constexpr sock_filter answer(std::uint32_t action) {
  return statement(BPF_RET | BPF_K, action);
}

}  // namespace

Filter trace_everything() {
  return {answer(SECCOMP_RET_TRACE)};
}

int number_meaning(Action action) {
  if (action == Action::trap) return kTrap;
  return action == Action::kill_thread ? kKillThread : kKillProcess;
}

Filter understand_refusals(const Filter& filter) {
  const std::array<sock_filter, 7> prologue{
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      unless_skip(kTrap),
      answer(SECCOMP_RET_TRAP),
      unless_skip(kKillThread),
      answer(SECCOMP_RET_KILL_THREAD),
      unless_skip(kKillProcess),
      answer(SECCOMP_RET_KILL_PROCESS),
  };
  Filter whole(prologue.begin(), prologue.end());
  whole.insert(whole.end(), filter.begin(), filter.end());
  return whole;
}

}  // namespace snug::tracer
