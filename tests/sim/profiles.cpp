// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/profiles.hpp"

#include "generator/core/generate.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/generator/recordings.hpp"

namespace snug::test {

namespace {

constexpr Verdict kAllow{Action::allow, 0};
constexpr Verdict kDenied{Action::fail, 1};
constexpr std::uint64_t kInt = 0xffffffff;  // masks an int argument: the kernel ignores the register's upper half

Profile generated(const Recording& recording, FloorChoice floor) {
  const auto result = generate(recording, {.floor = floor});
  REQUIRE(result);
  return result->profile;
}

Recording recording_of_two_abis() {
  return RecordingBuilder()
      .saw(Arch::x86_64, "socket")
      .saw(Arch::x86_64, "epoll_wait")
      .saw(Arch::i386, "socketcall")
      .saw(Arch::i386, "ipc")
      .saw(Arch::i386, "_llseek")
      .saw(Arch::x86_64, "cachestat", all_failed(1, "ENOSYS"));
}

Recording recording_of_many_abis() {
  return RecordingBuilder()
      .saw(Arch::x32, "read")
      .saw(Arch::aarch64, "openat")
      .saw(Arch::arm, "accept")
      .saw(Arch::riscv64, "shmget")
      .saw(Arch::ppc64le, "send")
      .saw(Arch::i386, "semget");
}

Rule rule(std::vector<std::string> names, Verdict verdict, std::vector<Condition> conditions = {}) {
  return {std::move(names), verdict, std::move(conditions), ""};
}

Condition equal(std::uint32_t index, std::uint64_t value) {
  return {index, Comparison::eq, value, 0};
}

Condition masked(std::uint32_t index, std::uint64_t mask, std::uint64_t value) {
  return {index, Comparison::masked_eq, mask, value};
}

}  // namespace

std::vector<NamedProfile> generated_profiles() {
  return {{"one call", generated(RecordingBuilder().saw(Arch::x86_64, "read"), FloorChoice::none)},
          {"one call and the floor", generated(RecordingBuilder().saw(Arch::x86_64, "read"), FloorChoice::full)},
          {"two ABIs", generated(recording_of_two_abis(), FloorChoice::full)},
          {"many ABIs", generated(recording_of_many_abis(), FloorChoice::full)}};
}

std::vector<NamedProfile> written_profiles() {
  return {
      {"no rules", {kDenied, {Arch::x86_64, Arch::i386}, {}}},
      {"denials by name", {kAllow, {Arch::i386}, {rule({"mount", "ptrace", "semop", "send"}, {Action::fail, 38})}}},
      {"every action",
       {{Action::kill_process, 0},
        {Arch::x32},
        {rule({"read"}, kAllow), rule({"write"}, {Action::log, 0}), rule({"open"}, {Action::trace, 11}),
         rule({"close"}, {Action::fail, 0}), rule({"stat"}, {Action::fail, 4094}),
         rule({"fstat"}, {Action::trap, 0}), rule({"lstat"}, {Action::kill_thread, 0})}}},
      {"overlapping rules",
       {kDenied,
        {Arch::i386},
        {rule({"read"}, kDenied), rule({"read"}, kAllow), rule({"read"}, {Action::trap, 0}),
         rule({"kill"}, {Action::trap, 0}, {equal(0, 7)}), rule({"kill"}, kAllow)}}},
      {"values of an int argument",
       {kDenied,
        {Arch::i386, Arch::x32},
        {rule({"ioctl"}, kAllow, {masked(1, kInt, 0x5401)}), rule({"ioctl"}, kAllow, {masked(1, kInt, 0x80045430)}),
         rule({"prctl"}, {Action::fail, 22}, {masked(0, kInt, 15)}),
         rule({"prctl"}, kAllow, {masked(0, kInt, 38)})}}},
      {"flags and two arguments",
       {kDenied,
        {},
        {rule({"clone"}, kAllow, {masked(0, 0x7e020000, 0)}),
         rule({"mmap"}, kAllow, {masked(2, 7, 3), masked(3, 0x20, 0x20)}),
         rule({"mmap"}, kAllow, {masked(2, 7, 5), masked(3, 0x20, 0)})}}},
      {"whole registers",
       {kDenied,
        {},
        {rule({"personality"}, kAllow, {equal(0, 0)}), rule({"personality"}, kAllow, {equal(0, 0xffffffff)}),
         rule({"personality"}, {Action::trap, 0}, {equal(0, 0x1ffffffff)}),
         rule({"socket", "bind"}, kAllow, {equal(0, 2), equal(1, 1), equal(2, 0)})}}},
  };
}

}  // namespace snug::test
