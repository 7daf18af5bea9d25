// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/arguments.hpp"

#include <string>
#include <vector>

#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"

using namespace snug;
using namespace snug::tracer;

namespace {

Call call_of(Arch arch, std::string_view name, std::array<std::uint64_t, 6> arguments = {}) {
  const auto number = syscall_number(arch, name);
  if (!number) FAIL(name_of(arch) << " has no " << name);
  return {arch, *number, audit_arch_of(arch), arguments};
}

std::vector<std::string> names_of(Arch arch, std::string_view name) {
  const Call call = call_of(arch, name);
  std::vector<std::string> names;
  for (const Argument& argument : arguments_of(arch, call.number)) {
    CHECK(argument.call == name);
    names.emplace_back(argument.name);
  }
  return names;
}

// The values of the arguments that are kept of a call.
std::vector<std::uint64_t> values_of(const Call& call) {
  std::vector<std::uint64_t> values;
  for (const Argument& argument : arguments_of(call.arch, call.number)) {
    if (const auto value = value_of(argument, call)) values.push_back(*value);
  }
  return values;
}

constexpr std::uint64_t kGarbage = 0xdeadbeef'00000000;

// Each argument register holds something else, and something in its upper half.
constexpr std::array<std::uint64_t, 6> kTold{kGarbage | 0x10, kGarbage | 0x21, kGarbage | 0x37,
                                             kGarbage | 0x43, kGarbage | 0x54, kGarbage | 0x65};

using Values = std::vector<std::uint64_t>;

struct Kept {
  const char* call;
  std::vector<std::string> names;
  Values values;
};

}  // namespace

TEST_CASE("of each call with arguments that a filter can use, these are kept, by the manual's names") {
  const Kept kept = GENERATE(values<Kept>({
      {"arch_prctl", {"code"}, {0x10}},
      {"bpf", {"cmd"}, {0x10}},
      {"clone", {"flags"}, {kGarbage | 0x10}},
      {"fcntl", {"cmd"}, {0x21}},
      {"ioctl", {"request"}, {0x21}},
      {"keyctl", {"operation"}, {0x10}},
      {"madvise", {"advice"}, {0x37}},
      {"mmap", {"prot"}, {0x6}},
      {"mprotect", {"prot"}, {0x6}},
      {"personality", {"persona"}, {0x10}},
      {"pkey_mprotect", {"prot"}, {0x6}},
      {"prctl", {"option"}, {0x10}},
      {"ptrace", {"request"}, {kGarbage | 0x10}},
      {"seccomp", {"operation"}, {0x10}},
      {"setns", {"nstype"}, {0x21}},
      {"socket", {"domain", "type", "protocol"}, {0x10, 0x21, 0x37}},
      {"socketpair", {"domain", "type", "protocol"}, {0x10, 0x21, 0x37}},
      {"unshare", {"flags"}, {kGarbage | 0x10}},
  }));
  CAPTURE(kept.call);

  CHECK(names_of(Arch::x86_64, kept.call) == kept.names);
  CHECK(values_of(call_of(Arch::x86_64, kept.call, kTold)) == kept.values);
}

TEST_CASE("so they are of the calls that only 32-bit ABIs have") {
  const Kept kept = GENERATE(values<Kept>({
      {"fcntl64", {"cmd"}, {0x21}},
      {"ipc", {"call"}, {0x10}},
      {"mmap2", {"prot"}, {0x6}},
      {"socketcall", {"call"}, {0x10}},
  }));
  CAPTURE(kept.call);

  CHECK(names_of(Arch::i386, kept.call) == kept.names);
  CHECK(values_of(call_of(Arch::i386, kept.call, kTold)) == kept.values);
}

TEST_CASE("the version that libraries put into ipc's upper half does not count") {
  CHECK(values_of(call_of(Arch::i386, "ipc", {0x00010017})) == Values{0x17});
}

TEST_CASE("of a protection only write and execute count") {
  CHECK(values_of(call_of(Arch::x86_64, "mprotect", {0, 0, 0x01000001})) == Values{0});
  CHECK(values_of(call_of(Arch::x86_64, "mprotect", {0, 0, 0x3})) == Values{0x2});
}

TEST_CASE("on s390x the flags of clone are its second argument") {
  CHECK(names_of(Arch::s390x, "clone") == std::vector<std::string>{"flags"});
  CHECK(values_of(call_of(Arch::s390x, "clone", kTold)) == Values{kGarbage | 0x21});
  CHECK(values_of(call_of(Arch::aarch64, "clone", kTold)) == Values{kGarbage | 0x10});
}

TEST_CASE("the old mmap, whose argument is a pointer, has none") {
  CHECK(names_of(Arch::i386, "mmap").empty());
  CHECK(names_of(Arch::s390x, "mmap").empty());
  CHECK(names_of(Arch::ppc64le, "mmap") == std::vector<std::string>{"prot"});
}

TEST_CASE("clone3's flags are what lies in memory, and nothing where that was not read") {
  Call call = call_of(Arch::x86_64, "clone3", kTold);
  CHECK(names_of(Arch::x86_64, "clone3") == std::vector<std::string>{"flags"});
  CHECK(values_of(call).empty());

  call.pointed = 0x1'0000'0f00;
  CHECK(values_of(call) == Values{0x1'0000'0f00});
}

TEST_CASE("every ABI's own number finds the call") {
  for (const Arch arch : kKnownArchs) {
    CAPTURE(name_of(arch));
    CHECK(names_of(arch, "ioctl") == std::vector<std::string>{"request"});
    CHECK(names_of(arch, "setns") == std::vector<std::string>{"nstype"});
  }
}

TEST_CASE("other calls, calls without a name and unknown ABIs have none") {
  CHECK(names_of(Arch::x86_64, "openat").empty());
  CHECK(names_of(Arch::arm, "set_tls").empty());
  CHECK(arguments_of(Arch::x86_64, 1023).empty());
  CHECK(arguments_of(Arch::x86_64, 0xffffffff).empty());
  CHECK(arguments_of(Arch::unknown, 16).empty());
}

TEST_CASE("distinct values are kept once each, whatever the order") {
  DistinctValues values;
  for (const std::uint64_t value : {3U, 3U, 1U, 3U, 2U, 1U}) values.add(value);

  CHECK(values.kept() == ArgumentValues{{1, 2, 3}, false});
}

TEST_CASE("of more than 32 distinct values only is known that they are many") {
  DistinctValues values;
  for (std::uint64_t value = 0; value < DistinctValues::kMost; ++value) values.add(value);
  CHECK(values.kept().values.size() == 32);
  CHECK_FALSE(values.kept().many);

  values.add(32);
  values.add(0);

  CHECK(values.kept() == ArgumentValues{{}, true});
}
