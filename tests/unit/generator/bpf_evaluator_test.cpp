// SPDX-License-Identifier: Apache-2.0
#include "generator/core/bpf_evaluator.hpp"

#include <cstddef>
#include <vector>

#include "tests/support/catch.hpp"

using namespace snug;

namespace {

using Program = std::vector<sock_filter>;

constexpr sock_filter kReturnA = BPF_STMT(BPF_RET | BPF_A, 0);

sock_filter statement(int code, std::uint32_t k) {
  return BPF_STMT(static_cast<std::uint16_t>(code), k);
}

sock_filter branch(int code, std::uint32_t k, std::uint8_t jt, std::uint8_t jf) {
  return BPF_JUMP(static_cast<std::uint16_t>(code), k, jt, jf);
}

sock_filter load(std::uint32_t value) {
  return statement(BPF_LD | BPF_IMM, value);
}
sock_filter answer(std::uint32_t value) {
  return statement(BPF_RET | BPF_K, value);
}

std::optional<std::uint32_t> run(const Program& program) {
  return evaluate(program, {39, 0xc000003e, 0x1122334455667788, {0xaaaaaaaabbbbbbbb, 2, 3, 4, 5, 6}});
}

// What is left in A when `operation` meets A = 12.
std::optional<std::uint32_t> computed(int operation, std::uint32_t operand) {
  return run({load(12), statement(BPF_ALU | operation | BPF_K, operand), kReturnA});
}

}  // namespace

TEST_CASE("a return gives its constant or the accumulator") {
  CHECK(run({answer(SECCOMP_RET_ALLOW)}) == SECCOMP_RET_ALLOW);
  CHECK(run({load(5), kReturnA}) == 5U);
}

TEST_CASE("a load reads the words of the call") {
  CHECK(run({statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)), kReturnA}) == 39U);
  CHECK(run({statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)), kReturnA}) == 0xc000003eU);
  CHECK(run({statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[5])), kReturnA}) ==
        (std::endian::native == std::endian::little ? 6U : 0U));
  CHECK(run({statement(BPF_LD | BPF_W | BPF_LEN, 0), kReturnA}) == 64U);
}

TEST_CASE("arithmetic wraps at 32 bits") {
  CHECK(computed(BPF_ADD, 0xffffffff) == 11U);
  CHECK(computed(BPF_SUB, 13) == 0xffffffffU);
  CHECK(computed(BPF_MUL, 0x80000000) == 0U);
  CHECK(computed(BPF_DIV, 5) == 2U);
  CHECK(computed(BPF_AND, 6) == 4U);
  CHECK(computed(BPF_OR, 1) == 13U);
  CHECK(computed(BPF_XOR, 4) == 8U);
  CHECK(computed(BPF_LSH, 30) == 0U);
  CHECK(computed(BPF_RSH, 2) == 3U);
  CHECK(computed(BPF_NEG, 0) == 0xfffffff4U);
}

TEST_CASE("dividing by zero kills the thread") {
  CHECK(run({load(12), statement(BPF_ALU | BPF_DIV | BPF_X, 0), answer(SECCOMP_RET_ALLOW)}) ==
        SECCOMP_RET_KILL_THREAD);
}

TEST_CASE("the index register and the scratch memory keep values") {
  const Program program{load(7),
                        statement(BPF_ST, 3),
                        statement(BPF_LDX | BPF_W | BPF_MEM, 3),
                        load(1),
                        statement(BPF_ALU | BPF_ADD | BPF_X, 0),
                        statement(BPF_MISC | BPF_TAX, 0),
                        statement(BPF_STX, 15),
                        load(0),
                        statement(BPF_LD | BPF_W | BPF_MEM, 15),
                        statement(BPF_MISC | BPF_TXA, 0),
                        kReturnA};

  CHECK(run(program) == 8U);
}

TEST_CASE("a branch goes where its comparison says") {
  const auto taken = [](int comparison, std::uint32_t operand) {
    return run({load(12), branch(BPF_JMP | comparison | BPF_K, operand, 1, 0), answer(0), answer(1)}) == 1U;
  };

  CHECK((taken(BPF_JEQ, 12) && !taken(BPF_JEQ, 13)));
  CHECK((taken(BPF_JGT, 11) && !taken(BPF_JGT, 12)));
  CHECK((taken(BPF_JGE, 12) && !taken(BPF_JGE, 13)));
  CHECK((taken(BPF_JSET, 4) && !taken(BPF_JSET, 3)));
  CHECK(run({statement(BPF_JMP | BPF_JA, 1), answer(0), answer(1)}) == 1U);
}

TEST_CASE("a program the kernel would not load has no answer") {
  CHECK_FALSE(run({}));
  CHECK_FALSE(run({load(1)}));
  CHECK_FALSE(run({statement(BPF_JMP | BPF_JA, 7), answer(0)}));
  CHECK_FALSE(run({statement(BPF_LD | BPF_W | BPF_ABS, 64), kReturnA}));
  CHECK_FALSE(run({statement(BPF_LD | BPF_W | BPF_ABS, 2), kReturnA}));
  CHECK_FALSE(run({statement(BPF_LD | BPF_H | BPF_ABS, 0), kReturnA}));
  CHECK_FALSE(run({statement(BPF_LD | BPF_W | BPF_IND, 0), kReturnA}));
  CHECK_FALSE(run({statement(BPF_LDX | BPF_W | BPF_ABS, 0), kReturnA}));
  CHECK_FALSE(run({statement(BPF_LD | BPF_W | BPF_MEM, 16), kReturnA}));
  CHECK_FALSE(run({statement(BPF_ST, 16), kReturnA}));
  CHECK_FALSE(run({statement(BPF_ALU | BPF_MOD | BPF_K, 1), kReturnA}));
  CHECK_FALSE(run({statement(BPF_JMP | 0x50, 1), kReturnA}));
}
