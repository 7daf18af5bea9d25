// SPDX-License-Identifier: Apache-2.0
#include "generator/core/bpf_validity.hpp"

#include <fmt/format.h>
#include <linux/seccomp.h>

namespace snug {

namespace {

bool is_known_operation(std::uint16_t code) {
  switch (BPF_OP(code)) {
    case BPF_ADD:
    case BPF_SUB:
    case BPF_MUL:
    case BPF_DIV:
    case BPF_AND:
    case BPF_OR:
    case BPF_XOR:
    case BPF_LSH:
    case BPF_RSH:
      return true;
    default:
      return code == (BPF_ALU | BPF_NEG);
  }
}

bool is_known_jump(std::uint16_t code) {
  switch (BPF_OP(code)) {
    case BPF_JEQ:
    case BPF_JGE:
    case BPF_JGT:
    case BPF_JSET:
      return true;
    default:
      return code == (BPF_JMP | BPF_JA);
  }
}

// Those that seccomp knows of all instructions that there are.
bool is_known(std::uint16_t code) {
  switch (code) {
    case BPF_LD | BPF_W | BPF_ABS:
    case BPF_LD | BPF_W | BPF_LEN:
    case BPF_LDX | BPF_W | BPF_LEN:
    case BPF_LD | BPF_IMM:
    case BPF_LDX | BPF_IMM:
    case BPF_LD | BPF_MEM:
    case BPF_LDX | BPF_MEM:
    case BPF_ST:
    case BPF_STX:
    case BPF_RET | BPF_K:
    case BPF_RET | BPF_A:
    case BPF_MISC | BPF_TAX:
    case BPF_MISC | BPF_TXA:
      return true;
    default:
      if (code > UINT8_MAX) return false;
      if (BPF_CLASS(code) == BPF_ALU) return is_known_operation(code);
      return BPF_CLASS(code) == BPF_JMP && is_known_jump(code);
  }
}

bool jumps_beyond(const sock_filter& instruction, std::size_t left) {
  if (BPF_CLASS(instruction.code) != BPF_JMP) return false;
  if (BPF_OP(instruction.code) == BPF_JA) return instruction.k >= left;
  return instruction.jt >= left || instruction.jf >= left;
}

bool loads_beyond(const sock_filter& instruction) {
  constexpr int kLoadWord = BPF_LD | BPF_W | BPF_ABS;
  const bool is_outside = instruction.k >= sizeof(seccomp_data) || instruction.k % sizeof(std::uint32_t) != 0;
  return instruction.code == kLoadWord && is_outside;
}

bool uses_no_memory(const sock_filter& instruction) {
  const int kind = BPF_CLASS(instruction.code);
  const bool is_load = (kind == BPF_LD || kind == BPF_LDX) && BPF_MODE(instruction.code) == BPF_MEM;
  return (is_load || kind == BPF_ST || kind == BPF_STX) && instruction.k >= BPF_MEMWORDS;
}

bool computes_nonsense(const sock_filter& instruction) {
  if (BPF_CLASS(instruction.code) != BPF_ALU || BPF_SRC(instruction.code) == BPF_X) return false;
  const int operation = BPF_OP(instruction.code);
  const bool is_shift = operation == BPF_LSH || operation == BPF_RSH;
  return (operation == BPF_DIV && instruction.k == 0) || (is_shift && instruction.k >= 32);
}

// What is wrong about an instruction with `left` behind it, as the end of "instruction 3 …"; empty when nothing is.
std::string_view fault_of(const sock_filter& instruction, std::size_t left) {
  if (!is_known(instruction.code)) return "is none that seccomp knows";
  if (jumps_beyond(instruction, left)) return "jumps beyond the end";
  if (loads_beyond(instruction)) return "loads what is no word of the call";
  if (uses_no_memory(instruction)) return "uses memory that there is not";
  if (computes_nonsense(instruction)) return "divides by zero or shifts by more than 31";
  return "";
}

}  // namespace

std::optional<std::string> why_not_loadable(std::span<const sock_filter> program) {
  if (program.empty()) return "it has no instructions";
  if (program.size() > BPF_MAXINSNS)
    return fmt::format("it has {} instructions, and the kernel loads at most {}", program.size(), BPF_MAXINSNS);
  for (std::size_t place = 0; place < program.size(); ++place) {
    const auto fault = fault_of(program[place], program.size() - place - 1);
    if (!fault.empty()) return fmt::format("instruction {} {}", place, fault);
  }
  if (BPF_CLASS(program.back().code) != BPF_RET) return "its last instruction is no return";
  return std::nullopt;
}

}  // namespace snug
