// SPDX-License-Identifier: Apache-2.0
// The profiles in profiles/examples are what a reader of them expects.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "generator/formats/oci.hpp"
#include "generator/formats/proof.hpp"
#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

std::vector<std::filesystem::path> example_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(SNUG_SOURCE_DIR "/profiles/examples"))
    if (entry.is_directory()) files.push_back(entry.path() / "profile.json");
  return files;
}

Profile read(const std::filesystem::path& file) {
  std::stringstream contents;
  contents << std::ifstream(file).rdbuf();
  const auto profile = parse_profile(contents.str(), file.string());
  INFO(file);
  REQUIRE(profile);
  return *profile;
}

std::vector<std::string> names_without_a_number(const Profile& profile) {
  std::vector<std::string> unknown;
  for (const Rule& rule : profile.rules)
    for (const std::string& name : rule.names)
      if (std::ranges::none_of(profile.architectures,
                               [&](Arch arch) { return syscall_number(arch, name).has_value(); }))
        unknown.push_back(name);
  return unknown;
}

}  // namespace

TEST_CASE("there are examples of at least ten workloads") {
  CHECK(example_files().size() >= 10);
}

TEST_CASE("every example's filter does what the example says") {
  for (const auto& file : example_files()) {
    INFO(file);
    const auto report = prove(read(file));
    REQUIRE(report);
    CHECK(report->holds());
  }
}

TEST_CASE("every example names only calls that its ABIs have") {
  for (const auto& file : example_files()) {
    INFO(file);
    CHECK(names_without_a_number(read(file)).empty());
  }
}

TEST_CASE("no example allows what lets a container reach its host's kernel") {
  for (const auto& file : example_files()) {
    const Profile profile = read(file);
    INFO(file);
    for (const Rule& rule : profile.rules) {
      if (rule.verdict.action != Action::allow) continue;
      for (const char* name : {"bpf", "init_module", "kexec_load", "mount", "ptrace", "setns", "unshare"})
        CHECK(std::ranges::find(rule.names, name) == rule.names.end());
    }
  }
}
