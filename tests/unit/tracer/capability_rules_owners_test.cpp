// SPDX-License-Identifier: Apache-2.0
// What only owners do with files: rules_owners.cpp without extended attributes.
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <time.h>

#include "tests/support/catch.hpp"
#include "tests/unit/tracer/capability_rule_cases.hpp"

namespace snug::tracer::played {
namespace {

constexpr std::uint64_t kHere = minus(-AT_FDCWD);
constexpr std::uint64_t kSame = kNoId;

// One file of the task's, one of others' that it may write to, one that it may not; behind 5, 6 and 7 as well.
void furnish(PlayedSurroundings& around) {
  for (const char* const mine : {"/mine", "#5"}) add_file(around, mine, kMine, 0644);
  for (const char* const shared : {"/shared", "#6"}) add_file(around, shared, kOthers, 0666);
  for (const char* const theirs : {"/theirs", "#7"}) {
    add_file(around, theirs, kOthers, 0644);
    around.closed[theirs] = kWrite;
  }
  around.files["/group's"] = {.uid = kMine, .gid = kOthers, .mode = S_IFREG | 0644};
  around.files["/my other group's"] = {.uid = kMine, .gid = 50, .mode = S_IFREG | 0644};
  around.links["/to theirs"] = "/theirs";
  add_file(around, "/to theirs", kMine, 0777);
}

// The files behind descriptors, when they can be given flags of ext2's.
void furnish_flags(PlayedSurroundings& around) {
  furnish(around);
  around.flags = {{5, 0}, {7, 0}};
}

void make_immutable(PlayedSurroundings& around) {
  furnish(around);
  around.flags = {{5, FS_IMMUTABLE_FL}};
}

void limit_pipes(PlayedSurroundings& around) {
  around.settings["fs/pipe-max-size"] = 65536;
}

const std::uint64_t kMineAt = text_at("/mine");
const std::uint64_t kShared = text_at("/shared");
const std::uint64_t kTheirs = text_at("/theirs");
const std::uint64_t kGroups = text_at("/group's");
const std::uint64_t kOtherGroups = text_at("/my other group's");
const std::uint64_t kToTheirs = text_at("/to theirs");
const std::uint64_t kNowhere = text_at("/nowhere");

std::uint64_t times(long access, long change) {
  const timespec pair[2]{{.tv_sec = 0, .tv_nsec = access}, {.tv_sec = 0, .tv_nsec = change}};
  return value_at(pair);
}
const std::uint64_t kGiven = times(5, 6);
const std::uint64_t kNow = times(UTIME_NOW, UTIME_NOW);
const std::uint64_t kOneNow = times(UTIME_NOW, UTIME_OMIT);
const std::uint64_t kNone = times(UTIME_OMIT, UTIME_OMIT);

std::uint64_t flags_at(std::uint32_t flags) {
  return value_at(flags);
}
std::uint64_t extended_flags_at(std::uint32_t flags) {
  fsxattr attributes{};
  attributes.fsx_xflags = flags;
  return value_at(attributes);
}

}  // namespace

std::span<const RuleCase> owner_cases() {
  static const std::vector<RuleCase> kCases{
      {"nothing changes", "chown", {kTheirs, kSame, kSame}, "", furnish},
      {"to who owns it", "chown", {kMineAt, kMine, kSame}, "", furnish},
      {"to somebody else", "chown", {kMineAt, kOthers, kSame}, "CHOWN", furnish},
      {"to the group that it has", "chown", {kMineAt, kSame, kMine}, "", furnish},
      {"to a group that one is in", "chown", {kMineAt, kSame, 50}, "", furnish},
      {"to a group that one is not in", "chown", {kMineAt, kSame, kOthers}, "CHOWN", furnish},
      {"another's to a group that one is in", "chown", {kTheirs, kSame, 50}, "CHOWN", furnish},
      {"another's to who owns it", "chown", {kTheirs, kOthers, kSame}, "CHOWN", furnish},
      {"a file that is not there", "chown", {kNowhere, 0, 0}, "", furnish},
      {"the link itself", "lchown", {kToTheirs, kMine, kMine}, "", furnish},
      {"another's", "lchown", {kTheirs, kMine, kMine}, "CHOWN", furnish},
      {"one's own", "fchown", {5, kMine, 50}, "", furnish},
      {"another's", "fchown", {6, kMine, kSame}, "CHOWN", furnish},
      {"through a link", "fchownat", {kHere, kToTheirs, kMine, kMine, 0}, "CHOWN", furnish},
      {"the link itself", "fchownat", {kHere, kToTheirs, kMine, kMine, AT_SYMLINK_NOFOLLOW}, "", furnish},

      {"one's own", "chmod", {kMineAt, 0600}, "", furnish},
      {"another's", "chmod", {kShared, 0600}, "FOWNER", furnish},
      {"one's own, with setgid for one's own group", "chmod", {kMineAt, 02755}, "", furnish},
      {"with setgid for another group of one's own", "chmod", {kOtherGroups, 02755}, "", furnish},
      {"with setgid for a group of others", "chmod", {kGroups, 02755}, "FSETID", furnish},
      {"another's, with setgid", "chmod", {kTheirs, 02755}, "FOWNER & FSETID", furnish},
      {"with setuid", "chmod", {kGroups, 04755}, "", furnish},
      {"a file that is not there", "chmod", {kNowhere, 02755}, "", furnish},
      {"one's own", "fchmod", {5, 0600}, "", furnish},
      {"another's", "fchmod", {7, 0600}, "FOWNER", furnish},
      {"another's", "fchmodat", {kHere, kTheirs, 0600}, "FOWNER", furnish},
      {"with setgid", "fchmodat", {kHere, kGroups, 02755}, "FSETID", furnish},
      {"one's own", "fchmodat", {kHere, kMineAt, 0600}, "", furnish},
      {"another's", "fchmodat2", {kHere, kTheirs, 0600, 0}, "FOWNER", furnish},
      {"one's own", "fchmodat2", {kHere, kMineAt, 0600, 0}, "", furnish},

      {"now, and it may be written", "utime", {kShared, 0}, "", furnish},
      {"now, and it may not", "utime", {kTheirs, 0}, "FOWNER|DAC_OVERRIDE", furnish},
      {"another time", "utime", {kShared, kGiven}, "FOWNER", furnish},
      {"another time for one's own", "utimes", {kMineAt, kGiven}, "", furnish},
      {"another time", "utimes", {kShared, kGiven}, "FOWNER", furnish},
      {"now, and it may not be written", "futimesat", {kHere, kTheirs, 0}, "FOWNER|DAC_OVERRIDE", furnish},
      {"one's own", "futimesat", {kHere, kMineAt, 0}, "", furnish},
      {"both now", "utimensat", {kHere, kShared, kNow, 0}, "", furnish},
      {"both now, and it may not be written",
       "utimensat",
       {kHere, kTheirs, kNow, 0},
       "FOWNER|DAC_OVERRIDE",
       furnish},
      {"no times at all", "utimensat", {kHere, kTheirs, 0, 0}, "FOWNER|DAC_OVERRIDE", furnish},
      {"only one of them now", "utimensat", {kHere, kShared, kOneNow, 0}, "FOWNER", furnish},
      {"neither", "utimensat", {kHere, kTheirs, kNone, 0}, "", furnish},
      {"other times", "utimensat", {kHere, kShared, kGiven, 0}, "FOWNER", furnish},
      {"of the link", "utimensat", {kHere, kToTheirs, kGiven, AT_SYMLINK_NOFOLLOW}, "", furnish},
      {"of what is open", "utimensat", {6, 0, kGiven, 0}, "FOWNER", furnish},
      {"times that cannot be read", "utimensat", {kHere, kShared, 8, 0}, "", furnish},

      {"a pipe", "mknod", {kNowhere, S_IFIFO | 0600, 0}, "", furnish},
      {"a device", "mknod", {kNowhere, S_IFCHR | 0600, MKDEV(1, 3)}, "MKNOD", furnish},
      {"a whiteout", "mknod", {kNowhere, S_IFCHR, 0}, "", furnish},
      {"a block device", "mknod", {kNowhere, S_IFBLK | 0600, 0}, "MKNOD", furnish},
      {"a device", "mknodat", {kHere, kNowhere, S_IFBLK, MKDEV(7, 0)}, "MKNOD", furnish},
      {"a socket", "mknodat", {kHere, kNowhere, S_IFSOCK, 0}, "", furnish},

      {"the flags that it has", "ioctl", {5, FS_IOC_SETFLAGS, flags_at(0)}, "", furnish_flags},
      {"made immutable",
       "ioctl",
       {5, FS_IOC_SETFLAGS, flags_at(FS_IMMUTABLE_FL)},
       "LINUX_IMMUTABLE",
       furnish_flags},
      {"made append-only", "ioctl", {5, FS_IOC_SETFLAGS, flags_at(FS_APPEND_FL)}, "LINUX_IMMUTABLE", furnish_flags},
      {"made mutable", "ioctl", {5, FS_IOC_SETFLAGS, flags_at(0)}, "LINUX_IMMUTABLE", make_immutable},
      {"left immutable", "ioctl", {5, FS_IOC_SETFLAGS, flags_at(FS_IMMUTABLE_FL)}, "", make_immutable},
      {"another's", "ioctl", {7, FS_IOC_SETFLAGS, flags_at(FS_NODUMP_FL)}, "FOWNER", furnish_flags},
      {"extended, as they are", "ioctl", {5, FS_IOC_FSSETXATTR, extended_flags_at(0)}, "", furnish_flags},
      {"extended, immutable",
       "ioctl",
       {5, FS_IOC_FSSETXATTR, extended_flags_at(FS_XFLAG_IMMUTABLE)},
       "LINUX_IMMUTABLE",
       furnish_flags},
      {"extended, left immutable",
       "ioctl",
       {5, FS_IOC_FSSETXATTR, extended_flags_at(FS_XFLAG_IMMUTABLE)},
       "",
       make_immutable},
      {"extended, append-only",
       "ioctl",
       {5, FS_IOC_FSSETXATTR, extended_flags_at(FS_XFLAG_APPEND)},
       "LINUX_IMMUTABLE",
       furnish_flags},
      {"extended, another's", "ioctl", {7, FS_IOC_FSSETXATTR, extended_flags_at(0)}, "FOWNER", furnish_flags},

      {"a lease on another's", "fcntl", {6, F_SETLEASE, F_RDLCK}, "LEASE", furnish},
      {"a lease on one's own", "fcntl", {5, F_SETLEASE, F_RDLCK}, "", furnish},
      {"a lease given up on another's", "fcntl", {6, F_SETLEASE, F_UNLCK}, "LEASE", furnish},
      {"another's without access times", "fcntl", {6, F_SETFL, O_NOATIME}, "FOWNER", furnish},
      {"one's own without access times", "fcntl", {5, F_SETFL, O_NOATIME}, "", furnish},
      {"another's without waiting", "fcntl", {6, F_SETFL, O_NONBLOCK}, "", furnish},
      {"a pipe of the greatest size", "fcntl", {8, F_SETPIPE_SZ, 65536}, "", limit_pipes},
      {"a greater pipe", "fcntl", {8, F_SETPIPE_SZ, 65537}, "SYS_RESOURCE", limit_pipes},
      {"a pipe where the greatest size is not told", "fcntl", {8, F_SETPIPE_SZ, 1 << 20}, ""},
  };
  return kCases;
}

TEST_CASE("what only owners do with files needs capabilities of others") {
  check_cases(owner_cases());
}

}  // namespace snug::tracer::played
