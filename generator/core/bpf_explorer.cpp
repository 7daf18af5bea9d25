// SPDX-License-Identifier: Apache-2.0
#include "generator/core/bpf_explorer.hpp"

#include <linux/seccomp.h>

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "generator/core/bpf_operations.hpp"

namespace snug {

namespace {

// A word of the machine; nothing when it depends on arguments or on where the call is made.
using Word = std::optional<std::uint32_t>;

struct State {
  std::size_t next = 0;
  Word a = 0;
  Word x = 0;
  std::array<Word, BPF_MEMWORDS> memory{};

  auto operator<=>(const State&) const = default;
};

// More branchings than programs of the largest size have that look at each argument once or twice.
constexpr std::size_t kMostBranchings = 100000;

class Explorer {
 public:
  Explorer(std::span<const sock_filter> program, std::uint32_t audit_arch, std::uint32_t number)
      : program_(program), audit_arch_(audit_arch), number_(number) {}

  std::set<std::uint32_t> run() {
    State start;
    start.memory.fill(0);
    pending_.push_back(start);
    while (!pending_.empty() && valid_) {
      State state = pending_.back();
      pending_.pop_back();
      while (is_running(state)) step(state, program_[state.next++]);
    }
    return valid_ ? answers_ : std::set<std::uint32_t>{};
  }

 private:
  static constexpr std::size_t kEnded = SIZE_MAX;

  bool is_running(const State& state) {
    if (state.next == kEnded || !valid_) return false;
    return state.next < program_.size() || invalid();
  }

  void step(State& state, const sock_filter& instruction) {
    switch (BPF_CLASS(instruction.code)) {
      case BPF_LD:
        state.a = loaded(state, instruction);
        break;
      case BPF_LDX:
        state.x = loaded(state, instruction);
        break;
      case BPF_ST:
        store(state, instruction.k, state.a);
        break;
      case BPF_STX:
        store(state, instruction.k, state.x);
        break;
      case BPF_ALU:
        compute(state, instruction);
        break;
      case BPF_JMP:
        jump(state, instruction);
        break;
      case BPF_RET:
        finish(state, instruction);
        break;
      case BPF_MISC:
        (BPF_MISCOP(instruction.code) == BPF_TAX ? state.x : state.a) =
            BPF_MISCOP(instruction.code) == BPF_TAX ? state.a : state.x;
        break;
    }
  }

  Word loaded(const State& state, const sock_filter& instruction) {
    const bool is_index = BPF_CLASS(instruction.code) == BPF_LDX;
    switch (instruction.code & ~BPF_CLASS(0xffff)) {
      case BPF_W | BPF_ABS:
        return is_index ? Word(invalid()) : word(instruction.k);
      case BPF_W | BPF_LEN:
        return sizeof(seccomp_data);
      case BPF_IMM:
        return instruction.k;
      case BPF_MEM:
        return instruction.k < state.memory.size() ? state.memory[instruction.k] : Word(invalid());
      default:
        return invalid();
    }
  }

  Word word(std::uint32_t offset) {
    if (offset % sizeof(std::uint32_t) != 0 || offset >= sizeof(seccomp_data)) return invalid();
    if (offset == offsetof(seccomp_data, nr)) return number_;
    if (offset == offsetof(seccomp_data, arch)) return audit_arch_;
    return std::nullopt;
  }

  void store(State& state, std::uint32_t slot, Word value) {
    if (slot < state.memory.size())
      state.memory[slot] = value;
    else
      invalid();
  }

  static Word operand_of(const State& state, const sock_filter& instruction) {
    return BPF_SRC(instruction.code) == BPF_X ? state.x : Word(instruction.k);
  }

  void compute(State& state, const sock_filter& instruction) {
    const Word operand = operand_of(state, instruction);
    if (operand && divides_by_zero(instruction.code, *operand)) return answer(state, SECCOMP_RET_KILL_THREAD);
    if (!operand && BPF_OP(instruction.code) == BPF_DIV) answers_.insert(SECCOMP_RET_KILL_THREAD);
    const auto result = computed(instruction.code, state.a.value_or(0), operand.value_or(1));
    if (!result) invalid();
    state.a = state.a && operand ? result : std::nullopt;
  }

  void jump(State& state, const sock_filter& instruction) {
    if (BPF_OP(instruction.code) == BPF_JA) {
      state.next += instruction.k;
      return;
    }
    const Word operand = operand_of(state, instruction);
    const auto taken = is_taken(instruction.code, state.a.value_or(0), operand.value_or(0));
    if (!taken) {
      invalid();
    } else if (state.a && operand) {
      state.next += *taken ? instruction.jt : instruction.jf;
    } else {
      branch(state, instruction);
    }
  }

  // Goes on with one way and keeps the other for later, unless it has been here like this before.
  void branch(State& state, const sock_filter& instruction) {
    if (!branched_.insert(state).second) {
      state.next = kEnded;
      return;
    }
    if (branched_.size() > kMostBranchings) return answer_anything(state);
    State other = state;
    other.next += instruction.jf;
    pending_.push_back(other);
    state.next += instruction.jt;
  }

  void finish(State& state, const sock_filter& instruction) {
    const Word value = BPF_RVAL(instruction.code) == BPF_A ? state.a : Word(instruction.k);
    if (!value) return answer_anything(state);
    answer(state, *value);
  }

  void answer(State& state, std::uint32_t value) {
    answers_.insert(value);
    state.next = kEnded;
  }

  void answer_anything(State& state) {
    answer(state, SECCOMP_RET_ALLOW);
    answer(state, SECCOMP_RET_KILL_PROCESS);
  }

  bool invalid() {
    valid_ = false;
    return false;
  }

  std::span<const sock_filter> program_;
  const std::uint32_t audit_arch_;
  const std::uint32_t number_;
  std::vector<State> pending_;
  std::set<State> branched_;
  std::set<std::uint32_t> answers_;
  bool valid_ = true;
};

}  // namespace

std::set<std::uint32_t> possible_answers(std::span<const sock_filter> program, std::uint32_t audit_arch,
                                         std::uint32_t number) {
  return Explorer(program, audit_arch, number).run();
}

}  // namespace snug
