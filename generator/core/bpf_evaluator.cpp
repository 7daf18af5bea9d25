// SPDX-License-Identifier: Apache-2.0
#include "generator/core/bpf_evaluator.hpp"

#include <array>
#include <cstddef>
#include <cstring>

#include "generator/core/bpf_operations.hpp"

namespace snug {

namespace {

// One run of a program. Names follow the kernel's: A is the accumulator, X the index register, M the scratch
// memory.
class Machine {
 public:
  Machine(std::span<const sock_filter> program, const seccomp_data& call) : program_(program), call_(call) {}

  std::optional<std::uint32_t> run() {
    // Jumps only go forward, so every instruction is executed at most once.
    while (next_ < program_.size() && valid_ && !answer_) step(program_[next_++]);
    return valid_ ? answer_ : std::nullopt;
  }

 private:
  void step(const sock_filter& instruction) {
    switch (BPF_CLASS(instruction.code)) {
      case BPF_LD:
        a_ = loaded(instruction);
        break;
      case BPF_LDX:
        x_ = loaded(instruction);
        break;
      case BPF_ST:
        store(instruction.k, a_);
        break;
      case BPF_STX:
        store(instruction.k, x_);
        break;
      case BPF_ALU:
        compute(instruction);
        break;
      case BPF_JMP:
        jump(instruction);
        break;
      case BPF_RET:
        finish(instruction);
        break;
      case BPF_MISC:
        transfer(instruction);
        break;
    }
  }

  std::uint32_t loaded(const sock_filter& instruction) {
    const bool is_index = BPF_CLASS(instruction.code) == BPF_LDX;
    switch (instruction.code & ~BPF_CLASS(0xffff)) {
      case BPF_W | BPF_ABS:
        return is_index ? invalid() : word(instruction.k);
      case BPF_W | BPF_LEN:
        return sizeof(seccomp_data);
      case BPF_IMM:
        return instruction.k;
      case BPF_MEM:
        return instruction.k < memory_.size() ? memory_[instruction.k] : invalid();
      default:
        return invalid();
    }
  }

  std::uint32_t word(std::uint32_t offset) {
    std::uint32_t value = 0;
    if (offset % sizeof value != 0 || offset > sizeof call_ - sizeof value) return invalid();
    std::memcpy(&value, reinterpret_cast<const std::byte*>(&call_) + offset, sizeof value);
    return value;
  }

  void store(std::uint32_t slot, std::uint32_t value) {
    if (slot < memory_.size())
      memory_[slot] = value;
    else
      invalid();
  }

  void compute(const sock_filter& instruction) {
    const std::uint32_t operand = operand_of(instruction);
    if (divides_by_zero(instruction.code, operand)) {
      answer_ = SECCOMP_RET_KILL_THREAD;
      return;
    }
    const auto result = computed(instruction.code, a_, operand);
    a_ = result ? *result : invalid();
  }

  void jump(const sock_filter& instruction) {
    if (BPF_OP(instruction.code) == BPF_JA) {
      next_ += instruction.k;
      return;
    }
    const auto taken = is_taken(instruction.code, a_, operand_of(instruction));
    if (!taken) invalid();
    next_ += taken.value_or(false) ? instruction.jt : instruction.jf;
  }

  std::uint32_t operand_of(const sock_filter& instruction) const {
    return BPF_SRC(instruction.code) == BPF_X ? x_ : instruction.k;
  }

  void finish(const sock_filter& instruction) {
    answer_ = BPF_RVAL(instruction.code) == BPF_A ? a_ : instruction.k;
  }

  void transfer(const sock_filter& instruction) {
    if (BPF_MISCOP(instruction.code) == BPF_TAX)
      x_ = a_;
    else
      a_ = x_;
  }

  std::uint32_t invalid() {
    valid_ = false;
    return 0;
  }

  std::span<const sock_filter> program_;
  const seccomp_data& call_;
  std::size_t next_ = 0;
  std::uint32_t a_ = 0;
  std::uint32_t x_ = 0;
  std::array<std::uint32_t, BPF_MEMWORDS> memory_{};
  std::optional<std::uint32_t> answer_;
  bool valid_ = true;
};

}  // namespace

std::optional<std::uint32_t> evaluate(std::span<const sock_filter> program, const seccomp_data& call) {
  return Machine(program, call).run();
}

}  // namespace snug
