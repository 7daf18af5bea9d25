// SPDX-License-Identifier: Apache-2.0
// Extended attributes: the other part of rules_owners.cpp.
#include <fcntl.h>

#include "tests/support/catch.hpp"
#include "tests/unit/tracer/capability_rule_cases.hpp"

namespace snug::tracer::played {
namespace {

constexpr std::string_view kWay = "DAC_OVERRIDE|DAC_READ_SEARCH";

void furnish(PlayedSurroundings& around) {
  for (const char* const mine : {"/mine", "#5"}) add_file(around, mine, kMine, 0644);
  for (const char* const theirs : {"/theirs", "#7"}) {
    add_file(around, theirs, kOthers, 0600);
    around.closed[theirs] = kRead | kWrite;
  }
  around.files["/group's"] = {.uid = kMine, .gid = kOthers, .mode = S_IFREG | 02755};
  around.links["/to theirs"] = "/theirs";
  add_file(around, "/to theirs", kMine, 0777);
}

const std::uint64_t kMineAt = text_at("/mine");
const std::uint64_t kTheirs = text_at("/theirs");
const std::uint64_t kToTheirs = text_at("/to theirs");
const std::uint64_t kGroups = text_at("/group's");
const std::uint64_t kUser = text_at("user.note");
const std::uint64_t kTrusted = text_at("trusted.overlay.opaque");
const std::uint64_t kCapability = text_at("security.capability");
const std::uint64_t kSelinux = text_at("security.selinux");
const std::uint64_t kList = text_at("system.posix_acl_access");

}  // namespace

std::span<const RuleCase> attribute_cases() {
  static const std::vector<RuleCase> kCases{
      {"a user's on one's own", "setxattr", {kMineAt, kUser}, "", furnish},
      {"a user's on what is closed", "setxattr", {kTheirs, kUser}, "DAC_OVERRIDE", furnish},
      {"a program's capabilities", "setxattr", {kMineAt, kCapability}, "SETFCAP", furnish},
      {"another of security's", "setxattr", {kMineAt, kSelinux}, "SYS_ADMIN", furnish},
      {"a trusted one", "setxattr", {kMineAt, kTrusted}, "SYS_ADMIN", furnish},
      {"an access list of one's own", "setxattr", {kMineAt, kList}, "", furnish},
      {"an access list of another's", "setxattr", {kTheirs, kList}, "FOWNER", furnish},
      {"an access list of a setgid program of others' group", "setxattr", {kGroups, kList}, "FSETID", furnish},
      {"of the link", "lsetxattr", {kToTheirs, kList}, "", furnish},
      {"a program's capabilities", "lsetxattr", {kMineAt, kCapability}, "SETFCAP", furnish},
      {"a user's on one's own", "fsetxattr", {5, kUser}, "", furnish},
      {"an access list of another's", "fsetxattr", {7, kList}, "FOWNER", furnish},
      {"a user's on one's own", "removexattr", {kMineAt, kUser}, "", furnish},
      {"a program's capabilities", "removexattr", {kMineAt, kCapability}, "SETFCAP", furnish},
      {"a user's through a link", "removexattr", {kToTheirs, kUser}, "DAC_OVERRIDE", furnish},
      {"of the link", "lremovexattr", {kToTheirs, kUser}, "", furnish},
      {"a trusted one", "lremovexattr", {kMineAt, kTrusted}, "SYS_ADMIN", furnish},
      {"a user's on one's own", "fremovexattr", {5, kUser}, "", furnish},
      {"a trusted one", "fremovexattr", {5, kTrusted}, "SYS_ADMIN", furnish},

      {"a user's on one's own", "getxattr", {kMineAt, kUser}, "", furnish},
      {"a user's on what is closed", "getxattr", {kTheirs, kUser}, kWay, furnish},
      {"a program's capabilities", "getxattr", {kMineAt, kCapability}, "", furnish},
      {"a trusted one", "getxattr", {kMineAt, kTrusted}, "SYS_ADMIN", furnish},
      {"of the link", "lgetxattr", {kToTheirs, kUser}, "", furnish},
      {"a trusted one", "lgetxattr", {kMineAt, kTrusted}, "SYS_ADMIN", furnish},
      {"a user's on one's own", "fgetxattr", {5, kUser}, "", furnish},
      {"a trusted one", "fgetxattr", {5, kTrusted}, "SYS_ADMIN", furnish},
  };
  return kCases;
}

TEST_CASE("what an extended attribute needs goes by the beginning of its name") {
  check_cases(attribute_cases());
}

}  // namespace snug::tracer::played
