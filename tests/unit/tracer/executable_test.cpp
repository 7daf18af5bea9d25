// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/executable.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/catch.hpp"

using namespace snug;
using namespace snug::tracer;

TEST_CASE("a running program has its path and build id") {
  ExecutableReader reader;

  const auto self = reader.read(getpid());

  REQUIRE(self);
  CHECK(self->path == std::filesystem::read_symlink("/proc/self/exe").string());
  CHECK(self->build_id == read_build_id("/proc/self/exe"));
}

TEST_CASE("a task that does not exist has no program") {
  ExecutableReader reader;

  CHECK_FALSE(reader.read(-1));
}

TEST_CASE("the distribution's programs have a build id of 40 hex digits") {
  const std::string id = read_build_id("/bin/sh");

  CHECK(id.size() == 40);
  CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("a file that is written anew has its build id read again") {
  const auto path = std::filesystem::temp_directory_path() / ("snug-build-id-" + std::to_string(getpid()));
  BuildIdReader reader;
  std::ofstream(path) << "no ELF";
  CHECK(reader.read(path) == "");

  std::filesystem::copy_file("/bin/sh", path, std::filesystem::copy_options::overwrite_existing);

  CHECK(reader.read(path) == read_build_id("/bin/sh"));
  std::filesystem::remove(path);
  CHECK(reader.read(path) == std::nullopt);
}

TEST_CASE("a file that is not ELF, cut short or absent has no build id") {
  const auto path = std::filesystem::temp_directory_path() / ("snug-elf-" + std::to_string(getpid()));
  std::ifstream whole("/bin/sh", std::ios::binary);
  std::string content(1 << 12, '\0');
  whole.read(content.data(), static_cast<std::streamsize>(content.size()));
  for (std::size_t size = 0; size < 600; size += 7) {
    std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(size));
    CHECK(read_build_id(path).empty());
  }
  std::filesystem::remove(path);
  CHECK(read_build_id("/etc/passwd").empty());
  CHECK(read_build_id("/nonexistent").empty());
}
