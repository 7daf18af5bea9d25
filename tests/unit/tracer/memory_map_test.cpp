// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/memory_map.hpp"

#include <unistd.h>

#include <bit>
#include <filesystem>

#include "tests/support/catch.hpp"

using namespace snug::tracer;

namespace {

void here() {}

}  // namespace

TEST_CASE("an address of the program is in the program's file") {
  const auto map = MemoryMap::of(getpid());

  CHECK(map.origin_of(std::bit_cast<std::uint64_t>(&here)).path ==
        std::filesystem::read_symlink("/proc/self/exe").string());
}

TEST_CASE("two addresses of one function are as far apart in the file as in memory") {
  const auto map = MemoryMap::of(getpid());
  const auto address = std::bit_cast<std::uint64_t>(&here);

  CHECK(map.origin_of(address + 1).offset == map.origin_of(address).offset + 1);
}

TEST_CASE("an address where no code is mapped is itself") {
  const auto map = MemoryMap::of(getpid());

  CHECK(map.origin_of(16) == Origin{"", 16, ""});
  CHECK(map.name_of_mapping(16).empty());
}

TEST_CASE("the mapping that an address is in has its name in map_files") {
  const std::string name = MemoryMap::of(getpid()).name_of_mapping(std::bit_cast<std::uint64_t>(&here));

  CHECK(std::filesystem::is_symlink("/proc/self/map_files/" + name));
}

TEST_CASE("a task that is gone has no map") {
  CHECK(MemoryMap::of(-1).origin_of(4096) == Origin{"", 4096, ""});
}
