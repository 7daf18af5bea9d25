// SPDX-License-Identifier: Apache-2.0
#include "generator/core/bpf_validity.hpp"

#include <vector>

#include "generator/formats/bpf.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

using Program = std::vector<sock_filter>;

const sock_filter kReturn = BPF_STMT(BPF_RET | BPF_K, 0);

std::string fault(std::uint16_t code, std::uint32_t k, std::uint8_t jt = 0, std::uint8_t jf = 0) {
  return why_not_loadable(Program{{code, jt, jf, k}, kReturn}).value_or("none");
}

}  // namespace

TEST_CASE("what libseccomp compiles can be loaded") {
  const auto program = compile({{Action::fail, 1},
                                {Arch::x86_64, Arch::i386},
                                {{{"kill"}, {Action::allow, 0}, {{0, Comparison::masked_eq, 7, 1}}, ""}}},
                               Denials::enforced);
  REQUIRE(program);

  CHECK(why_not_loadable(*program) == std::nullopt);
}

TEST_CASE("a program has from 1 to 4096 instructions, of which the last returns") {
  CHECK(why_not_loadable({}) == "it has no instructions");
  CHECK(why_not_loadable(Program(4096, kReturn)) == std::nullopt);
  CHECK(why_not_loadable(Program(4097, kReturn)) == "it has 4097 instructions, and the kernel loads at most 4096");
  CHECK(why_not_loadable(Program{BPF_STMT(BPF_LD | BPF_IMM, 0)}) == "its last instruction is no return");
}

TEST_CASE("an instruction that sockets know and seccomp does not is refused") {
  const std::string unknown = "instruction 0 is none that seccomp knows";

  CHECK(fault(BPF_LD | BPF_H | BPF_ABS, 0) == unknown);
  CHECK(fault(BPF_LD | BPF_W | BPF_IND, 0) == unknown);
  CHECK(fault(BPF_ALU | BPF_MOD, 2) == unknown);
  CHECK(fault(BPF_RET | BPF_X, 0) == unknown);
  CHECK(fault(BPF_JMP | 0x50, 0) == unknown);
  CHECK(fault(0x100, 0) == unknown);
}

TEST_CASE("a jump stays within the program") {
  CHECK(fault(BPF_JMP | BPF_JEQ, 0, 0, 0) == "none");
  CHECK(fault(BPF_JMP | BPF_JEQ, 0, 1, 0) == "instruction 0 jumps beyond the end");
  CHECK(fault(BPF_JMP | BPF_JEQ, 0, 0, 1) == "instruction 0 jumps beyond the end");
  CHECK(fault(BPF_JMP | BPF_JA, 1) == "instruction 0 jumps beyond the end");
}

TEST_CASE("a load takes a word of the call and memory has 16 places") {
  CHECK(fault(BPF_LD | BPF_W | BPF_ABS, 60) == "none");
  CHECK(fault(BPF_LD | BPF_W | BPF_ABS, 64) == "instruction 0 loads what is no word of the call");
  CHECK(fault(BPF_LD | BPF_W | BPF_ABS, 2) == "instruction 0 loads what is no word of the call");
  CHECK(fault(BPF_ST, 15) == "none");
  CHECK(fault(BPF_STX, 16) == "instruction 0 uses memory that there is not");
  CHECK(fault(BPF_LDX | BPF_MEM, 16) == "instruction 0 uses memory that there is not");
}

TEST_CASE("a constant is none to divide by when it is zero and none to shift by when it is above 31") {
  CHECK(fault(BPF_ALU | BPF_DIV, 1) == "none");
  CHECK(fault(BPF_ALU | BPF_DIV, 0) == "instruction 0 divides by zero or shifts by more than 31");
  CHECK(fault(BPF_ALU | BPF_LSH, 31) == "none");
  CHECK(fault(BPF_ALU | BPF_RSH, 32) == "instruction 0 divides by zero or shifts by more than 31");
  CHECK(fault(BPF_ALU | BPF_DIV | BPF_X, 0) == "none");
}
