// SPDX-License-Identifier: Apache-2.0
// Ways to files and opening them: the first half of rules_files.cpp.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "tests/support/catch.hpp"
#include "tests/unit/tracer/capability_rule_cases.hpp"

namespace snug::tracer::played {
namespace {

constexpr std::string_view kWay = "DAC_OVERRIDE|DAC_READ_SEARCH";
constexpr std::uint64_t kHere = minus(-AT_FDCWD);

// "/hidden" lies below a folder that the task must not search, "/shut" may be reached and nothing else.
void furnish(PlayedSurroundings& around) {
  add_file(around, "/open", kMine, 0644);
  add_file(around, "/hidden", kOthers, 0644);
  around.unreachable.insert("/hidden");
  add_file(around, "/shut", kOthers, 0600);
  around.closed["/shut"] = around.closed_to_real_ids["/shut"] = kRead | kWrite | kExecute;
  add_folder(around, "/shut folder", kOthers, 0700);
  around.closed["/shut folder"] = kRead | kWrite | kExecute;
  add_file(around, "/read only", kOthers, 0644);
  around.closed["/read only"] = kWrite | kExecute;
  around.links["/to hidden"] = "/hidden";
  for (const int descriptor : {5, 6}) add_folder(around, key_of({descriptor, ""}), kOthers, 0700);
  around.closed["#5"] = kExecute;
}

// Files whose users have the owner's or the group's privilege, all of which the task may write to.
void furnish_privileged(PlayedSurroundings& around) {
  add_file(around, "/setuid", kMine, 04755);
  add_file(around, "/setgid", kMine, 02755);
  add_file(around, "/mandatory", kMine, 02644);  // setgid without execution means no privilege
  add_folder(around, "/setgid folder", kMine, 02755);
  add_folder(around, "/group's", kOthers, 02777);
  add_folder(around, "/my group's", kMine, 02777);
}

const std::uint64_t kOpen = text_at("/open");
const std::uint64_t kHidden = text_at("/hidden");
const std::uint64_t kShut = text_at("/shut");
const std::uint64_t kFolder = text_at("/shut folder");
const std::uint64_t kReadOnly = text_at("/read only");
const std::uint64_t kToHidden = text_at("/to hidden");
const std::uint64_t kNew = text_at("/shut folder/new");
const std::uint64_t kNowhere = text_at("");

std::uint64_t how(std::uint64_t flags, std::uint64_t mode = 0) {
  return value_at(open_how{.flags = flags, .mode = mode, .resolve = 0});
}

}  // namespace

std::span<const RuleCase> file_cases() {
  static const std::vector<RuleCase> kCases{
      {"nothing in the way", "open", {kOpen, O_RDWR}, "", furnish},
      {"behind a closed folder", "open", {kHidden, O_RDONLY}, kWay, furnish},
      {"reading what is closed", "open", {kShut, O_RDONLY}, kWay, furnish},
      {"writing what is closed", "open", {kShut, O_WRONLY}, "DAC_OVERRIDE", furnish},
      {"both", "open", {kShut, O_RDWR}, "DAC_OVERRIDE", furnish},
      {"the fourth access mode, for ioctls", "open", {kShut, O_ACCMODE}, "DAC_OVERRIDE", furnish},
      {"truncating while reading", "open", {kReadOnly, O_RDONLY | O_TRUNC}, "DAC_OVERRIDE", furnish},
      {"reading what may be read", "open", {kReadOnly, O_RDONLY}, "", furnish},
      {"a mere path to what is closed", "open", {kShut, O_PATH}, "", furnish},
      {"a mere path behind a closed folder", "open", {kHidden, O_PATH}, kWay, furnish},
      {"an unnamed file in a closed folder", "open", {kFolder, O_TMPFILE | O_RDWR}, "DAC_OVERRIDE", furnish},
      {"listing a closed folder", "open", {kFolder, O_RDONLY | O_DIRECTORY}, kWay, furnish},
      {"through a link", "open", {kToHidden, O_RDONLY}, kWay, furnish},
      {"not through the link", "open", {kToHidden, O_RDONLY | O_NOFOLLOW}, "", furnish},
      {"a link where something new must be", "open", {kToHidden, O_CREAT | O_EXCL}, "", furnish},
      {"making one in a closed folder", "open", {kNew, O_CREAT | O_WRONLY, 0644}, "DAC_OVERRIDE", furnish},
      {"O_CREAT where it is there already", "open", {kOpen, O_CREAT | O_WRONLY, 0644}, "", furnish},
      {"no access time, and not the owner", "open", {kReadOnly, O_NOATIME}, "FOWNER", furnish},
      {"no access time as the owner", "open", {kOpen, O_NOATIME}, "", furnish},
      {"writing a setuid program", "open", {text_at("/setuid"), O_WRONLY}, "FSETID", furnish_privileged},
      {"reading a setuid program", "open", {text_at("/setuid"), O_RDONLY}, "", furnish_privileged},
      {"writing a setgid program", "open", {text_at("/setgid"), O_WRONLY}, "FSETID", furnish_privileged},
      {"setgid without execution", "open", {text_at("/mandatory"), O_WRONLY}, "", furnish_privileged},
      {"a folder's setgid", "open", {text_at("/setgid folder"), O_TMPFILE | O_RDWR}, "", furnish_privileged},
      {"making a setgid program for a group of others",
       "open",
       {text_at("/group's/new"), O_CREAT, 02755},
       "FSETID",
       furnish_privileged},
      {"making one without the bit", "open", {text_at("/group's/new"), O_CREAT, 0755}, "", furnish_privileged},
      {"making one for one's own group",
       "open",
       {text_at("/my group's/new"), O_CREAT, 02755},
       "",
       furnish_privileged},

      {"of the folder behind a descriptor", "openat", {5, kOpen, O_RDONLY}, "", furnish},
      {"behind a closed folder", "openat", {kHere, kHidden, O_RDONLY}, kWay, furnish},
      {"writing what is closed", "openat", {kHere, kShut, O_WRONLY}, "DAC_OVERRIDE", furnish},
      {"reading what is closed", "openat2", {kHere, kShut, how(O_RDONLY), 24}, kWay, furnish},
      {"nothing in the way", "openat2", {kHere, kOpen, how(O_RDONLY), 24}, "", furnish},
      {"not through the link", "openat2", {kHere, kToHidden, how(O_NOFOLLOW), 24}, "", furnish},
      {"making one", "openat2", {kHere, kNew, how(O_CREAT, 0600), 24}, "DAC_OVERRIDE", furnish},
      {"flags that cannot be read", "openat2", {kHere, kShut, 8, 24}, "", furnish},
      {"over what is there", "creat", {kShut, 0644}, "DAC_OVERRIDE", furnish},
      {"over one's own", "creat", {kOpen, 0644}, "", furnish},
      {"in a closed folder", "creat", {kNew, 0644}, "DAC_OVERRIDE", furnish},
      {"what is closed", "truncate", {kShut, 0}, "DAC_OVERRIDE", furnish},
      {"one's own", "truncate", {kOpen, 0}, "", furnish},
      {"a setuid program", "truncate", {text_at("/setuid"), 0}, "FSETID", furnish_privileged},
      {"always", "open_by_handle_at", {5, 0, O_RDONLY}, "DAC_READ_SEARCH"},

      {"behind a closed folder", "stat", {kHidden}, kWay, furnish},
      {"of what is closed", "stat", {kShut}, "", furnish},
      {"through a link", "stat", {kToHidden}, kWay, furnish},
      {"of the link", "lstat", {kToHidden}, "", furnish},
      {"behind a closed folder", "lstat", {kHidden}, kWay, furnish},
      {"through a link", "newfstatat", {kHere, kToHidden, 0, 0}, kWay, furnish},
      {"of the link", "newfstatat", {kHere, kToHidden, 0, AT_SYMLINK_NOFOLLOW}, "", furnish},
      {"of what is open", "newfstatat", {5, kNowhere, 0, AT_EMPTY_PATH}, "", furnish},
      {"through a link", "statx", {kHere, kToHidden, 0}, kWay, furnish},
      {"of the link", "statx", {kHere, kToHidden, AT_SYMLINK_NOFOLLOW}, "", furnish},
      {"behind a closed folder", "statfs", {kHidden}, kWay, furnish},
      {"of what is closed", "statfs", {kShut}, "", furnish},
      {"behind a closed folder", "readlink", {kHidden}, kWay, furnish},
      {"of the link", "readlink", {kToHidden}, "", furnish},
      {"behind a closed folder", "readlinkat", {kHere, kHidden}, kWay, furnish},
      {"of the link", "readlinkat", {kHere, kToHidden}, "", furnish},

      {"reading what is closed", "access", {kShut, R_OK}, kWay, furnish},
      {"writing what is closed", "access", {kShut, W_OK}, "DAC_OVERRIDE", furnish},
      {"running what is closed", "access", {kShut, X_OK}, "DAC_OVERRIDE", furnish},
      {"whether it is there", "access", {kShut, F_OK}, "", furnish},
      {"as the effective user alone might not", "access", {kReadOnly, W_OK}, "", furnish},
      {"reading what is closed", "faccessat", {kHere, kShut, R_OK}, kWay, furnish},
      {"whether it is there", "faccessat", {kHere, kShut, F_OK}, "", furnish},
      {"by the effective user", "faccessat2", {kHere, kReadOnly, W_OK, AT_EACCESS}, "DAC_OVERRIDE", furnish},
      {"by the real user", "faccessat2", {kHere, kReadOnly, W_OK, 0}, "", furnish},
      {"of the link", "faccessat2", {kHere, kToHidden, F_OK, AT_SYMLINK_NOFOLLOW}, "", furnish},

      {"into a closed folder", "chdir", {kFolder}, kWay, furnish},
      {"behind a closed folder", "chdir", {kHidden}, kWay, furnish},
      {"into an open one", "chdir", {kOpen}, "", furnish},
      {"into a closed folder", "fchdir", {5}, kWay, furnish},
      {"into an open one", "fchdir", {6}, "", furnish},
      {"to a closed folder", "chroot", {kFolder}, "SYS_CHROOT & DAC_OVERRIDE|DAC_READ_SEARCH", furnish},
      {"to an open one", "chroot", {kOpen}, "SYS_CHROOT", furnish},
      {"what is closed", "execve", {kShut}, "DAC_OVERRIDE", furnish},
      {"what is open", "execve", {kOpen}, "", furnish},
      {"behind a closed folder", "execve", {kHidden}, kWay, furnish},
      {"what is closed", "execveat", {kHere, kShut}, "DAC_OVERRIDE", furnish},
      {"what is open", "execveat", {kHere, kOpen}, "", furnish},
      {"what is closed", "inotify_add_watch", {7, kShut, IN_MODIFY}, kWay, furnish},
      {"what may be read", "inotify_add_watch", {7, kReadOnly, IN_MODIFY}, "", furnish},
  };
  return kCases;
}

TEST_CASE("what is in the way of a file, or closed, needs the capabilities that pass by modes") {
  check_cases(file_cases());
}

TEST_CASE("a need of access says of which file, whose it is, and its mode") {
  PlayedSurroundings around;
  furnish(around);
  Judgement judgement;

  need_access(around, judgement, {AT_FDCWD, "/shut"}, kWrite);

  CHECK(judgement.on == "/shut (uid 2000, gid 2000, mode 600)");
}

TEST_CASE("the folder of a path is what stands before its last name") {
  const auto parent = [](const char* path) { return parent_of({5, path}).path; };

  CHECK(parent("/a/b") == "/a/");
  CHECK(parent("/a/b///") == "/a/");
  CHECK(parent("/a") == "/");
  CHECK(parent("/") == "/");
  CHECK(parent("a") == ".");
  CHECK(parent_of({5, "a"}).folder == 5);
}

}  // namespace snug::tracer::played
