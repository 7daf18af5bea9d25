// SPDX-License-Identifier: Apache-2.0
#include "generator/core/portability.hpp"

#include "generator/core/generate.hpp"
#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/generator/recordings.hpp"

using namespace snug;
using snug::test::all_failed;
using snug::test::RecordingBuilder;

namespace {

Entries allowed_by(const Recording& recording, GenerateOptions options = {.floor = FloorChoice::none}) {
  const auto generated = generate(recording, options);
  if (!generated) FAIL(generated.error().because);
  return generated->allowed;
}

}  // namespace

TEST_CASE("siblings are calls, and siblings of each other") {
  for (const Arch arch : kKnownArchs) {
    for (const auto& [number, name] : syscalls_of(arch)) {
      for (const std::string_view sibling : siblings_of(name)) {
        CHECK(is_syscall_name(sibling));
        CHECK(siblings_of(sibling).contains(name));
      }
    }
  }
  CHECK(siblings_of("openat").contains("open"));
}

TEST_CASE("clocks are let in although nobody was seen to read them") {
  const auto allowed = allowed_by(RecordingBuilder().saw(Arch::x86_64, "read"));

  CHECK(allowed.at("clock_gettime").origins == std::set{Origin::clock});
  CHECK_FALSE(allowed.contains("clock_gettime64"));
}

TEST_CASE("what another library uses is let in for what was seen, and says so") {
  const auto allowed = allowed_by(RecordingBuilder().saw(Arch::x86_64, "openat"));

  CHECK(allowed.at("open").origins == std::set{Origin::sibling});
  CHECK(allowed.at("open").siblings == std::set<std::string>{"openat"});
}

TEST_CASE("siblings that libraries can do without are not let in") {
  const auto allowed = allowed_by(RecordingBuilder().saw(Arch::x86_64, "clone").saw(Arch::x86_64, "newfstatat"));

  CHECK_FALSE(allowed.contains("clone3"));
  CHECK_FALSE(allowed.contains("statx"));
}

TEST_CASE("a sibling that was always absent stays so") {
  const auto allowed =
      allowed_by(RecordingBuilder().saw(Arch::x86_64, "dup2").saw(Arch::x86_64, "dup3", all_failed(1, "ENOSYS")));

  CHECK_FALSE(allowed.contains("dup3"));
}

TEST_CASE("a minimal profile has neither clocks nor siblings") {
  const auto allowed = allowed_by(RecordingBuilder().saw(Arch::x86_64, "openat"),
                                  {.floor = FloorChoice::none, .portability = {false, false}});

  CHECK_FALSE(allowed.contains("open"));
  CHECK_FALSE(allowed.contains("clock_gettime"));
}

TEST_CASE("calls that another ABI lacks are predicted by those that it has") {
  const auto allowed = allowed_by(
      RecordingBuilder().saw(Arch::x86_64, "open").saw(Arch::x86_64, "poll").saw(Arch::x86_64, "rename"),
      {.floor = FloorChoice::none, .portability = {false, false}, .architectures = {Arch::aarch64, Arch::riscv64}});

  CHECK(allowed.at("openat").predicted == std::set{Arch::aarch64, Arch::riscv64});
  CHECK(allowed.at("ppoll").origins == std::set{Origin::predicted});
  CHECK(allowed.at("renameat").predicted == std::set{Arch::aarch64});
  CHECK(allowed.at("renameat2").predicted == std::set{Arch::riscv64});
}
