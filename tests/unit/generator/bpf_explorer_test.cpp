// SPDX-License-Identifier: Apache-2.0
#include "generator/core/bpf_explorer.hpp"

#include <linux/seccomp.h>

#include <cstddef>
#include <vector>

#include "tests/support/catch.hpp"

using namespace snug;

namespace {

using Answers = std::set<std::uint32_t>;
using Program = std::vector<sock_filter>;

constexpr sock_filter kReturnA = BPF_STMT(BPF_RET | BPF_A, 0);

sock_filter statement(int code, std::uint32_t k) {
  return BPF_STMT(static_cast<std::uint16_t>(code), k);
}

sock_filter branch(int code, std::uint32_t k, std::uint8_t jt, std::uint8_t jf) {
  return BPF_JUMP(static_cast<std::uint16_t>(code), k, jt, jf);
}

sock_filter load_word(std::size_t offset) {
  return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

sock_filter answer(std::uint32_t value) {
  return statement(BPF_RET | BPF_K, value);
}

Answers answers(const Program& program) {
  return possible_answers(program, 0xc000003e, 39);
}

const sock_filter kLoadArgument = load_word(offsetof(seccomp_data, args));

}  // namespace

TEST_CASE("where only number and ABI are looked at there is one answer") {
  const Program program{load_word(offsetof(seccomp_data, arch)),
                        branch(BPF_JMP | BPF_JEQ, 0xc000003e, 0, 3),
                        load_word(offsetof(seccomp_data, nr)),
                        branch(BPF_JMP | BPF_JEQ, 39, 0, 1),
                        answer(1),
                        answer(2)};

  CHECK(answers(program) == Answers{1});
  CHECK(possible_answers(program, 0xc000003e, 40) == Answers{2});
  CHECK(possible_answers(program, 0x40000003, 39) == Answers{2});
}

TEST_CASE("both ways are taken where an argument is compared") {
  CHECK(answers({kLoadArgument, branch(BPF_JMP | BPF_JGT, 7, 0, 1), answer(1), answer(2)}) == Answers{1, 2});
}

TEST_CASE("the instruction pointer is as unknown as an argument") {
  const auto load_pointer = load_word(offsetof(seccomp_data, instruction_pointer));

  CHECK(answers({load_pointer, branch(BPF_JMP | BPF_JEQ, 7, 0, 1), answer(1), answer(2)}) == Answers{1, 2});
}

TEST_CASE("what is computed from an argument is unknown, and what replaces it is known") {
  const auto compare = branch(BPF_JMP | BPF_JEQ, 7, 0, 1);

  CHECK(answers({kLoadArgument, statement(BPF_ALU | BPF_AND, 1), compare, answer(1), answer(2)}) == Answers{1, 2});
  CHECK(answers({kLoadArgument, statement(BPF_LD | BPF_IMM, 7), compare, answer(1), answer(2)}) == Answers{1});
}

TEST_CASE("memory and the index register remember what is unknown") {
  const auto compare = branch(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1);

  CHECK(answers({kLoadArgument, statement(BPF_ST, 3), statement(BPF_LD | BPF_IMM, 7),
                 statement(BPF_LDX | BPF_W | BPF_MEM, 3), compare, answer(1), answer(2)}) == Answers{1, 2});
  CHECK(answers({statement(BPF_LD | BPF_IMM, 7), statement(BPF_MISC | BPF_TAX, 0), compare, answer(1),
                 answer(2)}) == Answers{1});
}

TEST_CASE("an answer computed from an argument may be any") {
  CHECK(answers({kLoadArgument, kReturnA}) == Answers{SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS});
}

TEST_CASE("dividing by an unknown number may kill the thread") {
  CHECK(answers({kLoadArgument, statement(BPF_MISC | BPF_TAX, 0), statement(BPF_LD | BPF_IMM, 12),
                 statement(BPF_ALU | BPF_DIV | BPF_X, 0), answer(5)}) == Answers{SECCOMP_RET_KILL_THREAD, 5});
}

TEST_CASE("a program of very many comparisons is explored in little time") {
  Program program;
  for (int i = 0; i < 1000; ++i) {
    program.push_back(kLoadArgument);
    program.push_back(branch(BPF_JMP | BPF_JSET, static_cast<std::uint32_t>(i), 0, 0));
  }
  program.push_back(answer(4));

  CHECK(answers(program) == Answers{4});
}

TEST_CASE("a program that the kernel would not load has no possible answers") {
  CHECK(answers({}).empty());
  CHECK(answers({kLoadArgument}).empty());
  CHECK(answers({kLoadArgument, branch(BPF_JMP | BPF_JEQ, 7, 0, 9), answer(1)}).empty());
  CHECK(answers({load_word(64), answer(1)}).empty());
  CHECK(answers({load_word(2), answer(1)}).empty());
  CHECK(answers({statement(BPF_LD | BPF_W | BPF_MEM, 16), answer(1)}).empty());
  CHECK(answers({statement(BPF_ST, 16), answer(1)}).empty());
  CHECK(answers({statement(BPF_ALU | BPF_MOD, 3), answer(1)}).empty());
  CHECK(answers({statement(BPF_JMP | 0x50, 1), answer(1)}).empty());
}
