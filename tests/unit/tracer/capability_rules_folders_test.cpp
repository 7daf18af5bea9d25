// SPDX-License-Identifier: Apache-2.0
// Making and taking names, and the ways to what owners change: the second half of rules_files.cpp.
#include <fcntl.h>

#include "tests/support/catch.hpp"
#include "tests/unit/tracer/capability_rule_cases.hpp"

namespace snug::tracer::played {
namespace {

constexpr std::string_view kWay = "DAC_OVERRIDE|DAC_READ_SEARCH";
constexpr std::uint64_t kHere = minus(-AT_FDCWD);

// In "/tmp" everybody may make names and take their own, in "/home" the task may do anything, in "/etc" nothing.
void furnish(PlayedSurroundings& around) {
  add_folder(around, "/tmp", kOthers, 01777);
  add_file(around, "/tmp/mine", kMine, 0644);
  add_file(around, "/tmp/theirs", kOthers, 0666);
  add_folder(around, "/home", kMine, 01755);
  add_file(around, "/home/theirs", kOthers, 0644);
  add_file(around, "/home/mine", kMine, 0644);
  add_folder(around, "/home/folder", kMine, 0755);
  add_folder(around, "/home/sealed", kMine, 0555);
  around.closed["/home/sealed"] = kWrite;
  add_folder(around, "/etc", kOthers, 0755);
  add_file(around, "/etc/one", kOthers, 0644);
  around.closed["/etc"] = kWrite;
  add_file(around, "/hidden", kMine, 0644);
  around.unreachable.insert("/hidden");
  around.links["/to hidden"] = "/hidden";
}

const std::uint64_t kTmpMine = text_at("/tmp/mine");
const std::uint64_t kTmpTheirs = text_at("/tmp/theirs");
const std::uint64_t kTmpNew = text_at("/tmp/new");
const std::uint64_t kHomeMine = text_at("/home/mine");
const std::uint64_t kHomeTheirs = text_at("/home/theirs");
const std::uint64_t kHomeNew = text_at("/home/new");
const std::uint64_t kEtcOne = text_at("/etc/one");
const std::uint64_t kEtcNew = text_at("/etc/new");
const std::uint64_t kHidden = text_at("/hidden");
const std::uint64_t kToHidden = text_at("/to hidden");
const std::uint64_t kSealed = text_at("/home/sealed");
const std::uint64_t kNowhere = text_at("");

// What the task links to in its own folder.
void add_link_targets(PlayedSurroundings& around) {
  furnish(around);
  around.settings["fs/protected_hardlinks"] = 1;
  add_file(around, "/writable", kOthers, 0666);
  add_file(around, "/readable", kOthers, 0644);
  around.closed["/readable"] = kWrite;
  add_file(around, "/setuid", kOthers, 04777);
  add_file(around, "/setgid", kOthers, 02777);
  around.files["/fifo"] = {.uid = kOthers, .gid = kOthers, .mode = S_IFIFO | 0666};
}

void unprotect_links(PlayedSurroundings& around) {
  add_link_targets(around);
  around.settings["fs/protected_hardlinks"] = 0;
}

void with_kernel_6_9(PlayedSurroundings& around) {
  furnish(around);
  around.kernel = {6, 9};
}

void with_kernel_6_10(PlayedSurroundings& around) {
  furnish(around);
  around.kernel = {6, 10};
}

}  // namespace

std::span<const RuleCase> name_making_cases() {
  static const std::vector<RuleCase> kCases{
      {"in one's own folder", "mkdir", {kHomeNew, 0755}, "", furnish},
      {"in another's", "mkdir", {kEtcNew, 0755}, "DAC_OVERRIDE", furnish},
      {"in another's", "mkdirat", {kHere, kEtcNew, 0755}, "DAC_OVERRIDE", furnish},
      {"in everybody's", "mkdirat", {kHere, kTmpNew, 0755}, "", furnish},
      {"in another's", "mknod", {kEtcNew, S_IFIFO, 0}, "DAC_OVERRIDE", furnish},
      {"in one's own folder", "mknod", {kHomeNew, S_IFIFO, 0}, "", furnish},
      {"in another's", "mknodat", {kHere, kEtcNew, S_IFIFO, 0}, "DAC_OVERRIDE", furnish},
      {"in one's own folder", "mknodat", {kHere, kHomeNew, S_IFIFO, 0}, "", furnish},
      {"in another's", "symlink", {kHomeMine, kEtcNew}, "DAC_OVERRIDE", furnish},
      {"in one's own folder", "symlink", {kEtcOne, kHomeNew}, "", furnish},
      {"in another's", "symlinkat", {kHomeMine, kHere, kEtcNew}, "DAC_OVERRIDE", furnish},
      {"in one's own folder", "symlinkat", {kEtcOne, kHere, kHomeNew}, "", furnish},

      {"one's own in a sticky folder", "unlink", {kTmpMine}, "", furnish},
      {"another's in a sticky folder", "unlink", {kTmpTheirs}, "FOWNER", furnish},
      {"another's in one's own sticky folder", "unlink", {kHomeTheirs}, "", furnish},
      {"in another's folder", "unlink", {kEtcOne}, "DAC_OVERRIDE", furnish},
      {"what is not there", "unlink", {kTmpNew}, "", furnish},
      {"another's in a sticky folder", "unlinkat", {kHere, kTmpTheirs, 0}, "FOWNER", furnish},
      {"one's own", "unlinkat", {kHere, kTmpMine, 0}, "", furnish},
      {"another's in a sticky folder", "rmdir", {kTmpTheirs}, "FOWNER", furnish},
      {"one's own", "rmdir", {kTmpMine}, "", furnish},

      {"one's own", "rename", {kTmpMine, kHomeNew}, "", furnish},
      {"another's out of a sticky folder", "rename", {kTmpTheirs, kHomeNew}, "FOWNER", furnish},
      {"over another's in a sticky folder", "rename", {kHomeMine, kTmpTheirs}, "FOWNER", furnish},
      {"into another's folder", "rename", {kHomeMine, kEtcNew}, "DAC_OVERRIDE", furnish},
      {"a folder that is closed, into another", "rename", {kSealed, kTmpNew}, "DAC_OVERRIDE", furnish},
      {"a folder that is closed, to where it was", "rename", {kSealed, kHomeNew}, "", furnish},
      {"an open folder, into another", "rename", {text_at("/home/folder"), kTmpNew}, "", furnish},
      {"into another's folder", "renameat", {kHere, kHomeMine, kHere, kEtcNew}, "DAC_OVERRIDE", furnish},
      {"one's own", "renameat", {kHere, kHomeMine, kHere, kTmpNew}, "", furnish},
      {"another's", "renameat2", {kHere, kTmpTheirs, kHere, kHomeNew, 0}, "FOWNER", furnish},
      {"one's own", "renameat2", {kHere, kTmpMine, kHere, kHomeNew, 0}, "", furnish},

      {"one's own", "link", {kHomeMine, kTmpNew}, "", add_link_targets},
      {"into another's folder", "link", {kHomeMine, kEtcNew}, "DAC_OVERRIDE", add_link_targets},
      {"to what is behind a closed folder", "link", {kHidden, kHomeNew}, kWay, add_link_targets},
      {"another's that may be written", "link", {text_at("/writable"), kHomeNew}, "", add_link_targets},
      {"another's that may only be read",
       "link",
       {text_at("/readable"), kHomeNew},
       "FOWNER|DAC_OVERRIDE",
       add_link_targets},
      {"the same without protection", "link", {text_at("/readable"), kHomeNew}, "", unprotect_links},
      {"another's setuid program", "link", {text_at("/setuid"), kHomeNew}, "FOWNER", add_link_targets},
      {"another's setgid program", "link", {text_at("/setgid"), kHomeNew}, "FOWNER", add_link_targets},
      {"another's pipe", "link", {text_at("/fifo"), kHomeNew}, "FOWNER", add_link_targets},
      {"through a link", "linkat", {kHere, kToHidden, kHere, kHomeNew, AT_SYMLINK_FOLLOW}, kWay, furnish},
      {"to the link", "linkat", {kHere, kToHidden, kHere, kHomeNew, 0}, "", furnish},
      {"of what is open, before 6.10",
       "linkat",
       {5, kNowhere, kHere, kHomeNew, AT_EMPTY_PATH},
       "DAC_READ_SEARCH",
       with_kernel_6_9},
      {"of what is open, since 6.10",
       "linkat",
       {5, kNowhere, kHere, kHomeNew, AT_EMPTY_PATH},
       "",
       with_kernel_6_10},

      {"behind a closed folder", "chmod", {kHidden, 0600}, kWay, furnish},
      {"behind a closed folder", "fchmodat", {kHere, kHidden, 0600}, kWay, furnish},
      {"one's own", "fchmodat", {kHere, kHomeMine, 0600}, "", furnish},
      {"behind a closed folder", "fchmodat2", {kHere, kHidden, 0600, 0}, kWay, furnish},
      {"of the link", "fchmodat2", {kHere, kToHidden, 0600, AT_SYMLINK_NOFOLLOW}, "", furnish},
      {"behind a closed folder", "chown", {kHidden, kMine, kMine}, kWay, furnish},
      {"of the link", "lchown", {kToHidden, kMine, kMine}, "", furnish},
      {"behind a closed folder", "lchown", {kHidden, kMine, kMine}, kWay, furnish},
      {"through a link", "fchownat", {kHere, kToHidden, kMine, kMine, 0}, kWay, furnish},
      {"of the link", "fchownat", {kHere, kToHidden, kMine, kMine, AT_SYMLINK_NOFOLLOW}, "", furnish},
      {"behind a closed folder", "getxattr", {kHidden, text_at("user.a")}, kWay, furnish},
      {"behind a closed folder", "lgetxattr", {kHidden, text_at("user.a")}, kWay, furnish},
      {"behind a closed folder", "listxattr", {kHidden}, kWay, furnish},
      {"one's own", "listxattr", {kHomeMine}, "", furnish},
      {"of the link", "llistxattr", {kToHidden}, "", furnish},
      {"behind a closed folder", "llistxattr", {kHidden}, kWay, furnish},
      {"of the link", "name_to_handle_at", {kHere, kToHidden, 0, 0, 0}, "", furnish},
      {"through a link", "name_to_handle_at", {kHere, kToHidden, 0, 0, AT_SYMLINK_FOLLOW}, kWay, furnish},
  };
  return kCases;
}

TEST_CASE("names are made and taken where the folder and its sticky bit let one") {
  check_cases(name_making_cases());
}

}  // namespace snug::tracer::played
