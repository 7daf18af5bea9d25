// SPDX-License-Identifier: Apache-2.0
#include "generator/core/bpf_operations.hpp"

#include <linux/filter.h>

namespace snug {

bool divides_by_zero(std::uint16_t code, std::uint32_t operand) {
  return BPF_OP(code) == BPF_DIV && operand == 0;
}

std::optional<std::uint32_t> computed(std::uint16_t code, std::uint32_t a, std::uint32_t operand) {
  switch (BPF_OP(code)) {
    case BPF_ADD:
      return a + operand;
    case BPF_SUB:
      return a - operand;
    case BPF_MUL:
      return a * operand;
    case BPF_DIV:
      return a / operand;
    case BPF_OR:
      return a | operand;
    case BPF_AND:
      return a & operand;
    case BPF_XOR:
      return a ^ operand;
    // The kernel masks the distance of shifts by X and refuses constants beyond it.
    case BPF_LSH:
      return a << (operand & 31);
    case BPF_RSH:
      return a >> (operand & 31);
    case BPF_NEG:
      return 0 - a;
    default:
      return std::nullopt;
  }
}

std::optional<bool> is_taken(std::uint16_t code, std::uint32_t a, std::uint32_t operand) {
  switch (BPF_OP(code)) {
    case BPF_JEQ:
      return a == operand;
    case BPF_JGT:
      return a > operand;
    case BPF_JGE:
      return a >= operand;
    case BPF_JSET:
      return (a & operand) != 0;
    default:
      return std::nullopt;
  }
}

}  // namespace snug
