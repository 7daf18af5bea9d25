// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <sys/stat.h>
#include <time.h>

#include <array>

#include "tracer/core/rules.hpp"

// What only a file's owner may do with it, and with what else (fs/attr.c, fs/xattr.c, fs/locks.c).
namespace snug::tracer {
namespace {

void chown_file(Surroundings& around, Judgement& judgement, const Place& place, std::uint32_t uid,
                std::uint32_t gid) {
  const auto facts = around.file(place);
  if (!facts) return;
  const Credentials& own = around.own();
  const bool is_owner = own.uid.files == facts->uid;
  const bool uid_is_free = uid == kNoId || (is_owner && uid == facts->uid);
  const bool gid_is_free = gid == kNoId || (is_owner && (gid == facts->gid || is_in_group(own, gid)));
  if (uid_is_free && gid_is_free) return;
  judgement.all(kChown);
  judgement.on = describe(around, place, facts);
}

template <int folder, int path, int uid, int flags = -1>
void chown(const Call& call, Surroundings& around, Judgement& judgement) {
  const bool no_follow =
      flags == 0 ||
      (flags > 0 && (call.arguments[static_cast<std::size_t>(flags < 0 ? 0 : flags)] & AT_SYMLINK_NOFOLLOW) != 0);
  chown_file(around, judgement, place_of(call, around, folder, path, !no_follow), id_of(call, uid),
             id_of(call, uid + 1));
}

template <int folder, int path, int mode>
void chmod(const Call& call, Surroundings& around, Judgement& judgement) {
  const Place place = place_of(call, around, folder, path);
  const auto facts = around.file(place);
  if (!facts) return;
  const bool is_owner = facts->uid == around.own().uid.files;
  const bool keeps_group_bit = (call.arguments[mode] & S_ISGID) != 0 && !is_in_group(around.own(), facts->gid);
  if (!is_owner) judgement.all(kFowner);
  if (keeps_group_bit) judgement.all(kFsetid);
  if (!is_owner || keeps_group_bit) judgement.on = describe(around, place, facts);
}

enum class Times : std::uint8_t { none, now, given };

// utimensat(2): who may write to a file may make it as new as now.
void set_times(Surroundings& around, Judgement& judgement, const Place& place, Times times) {
  const auto facts = around.file(place);
  if (times == Times::none || !facts || facts->uid == around.own().uid.files) return;
  if (times == Times::given) {
    judgement.all(kFowner);
  } else if (around.forbidden(place, kWrite, Surroundings::By::file_ids).access) {
    judgement.any({kFowner, kDacOverride});
  } else {
    return;
  }
  judgement.on = describe(around, place, facts);
}

Times times_at(Surroundings& around, std::uint64_t address) {
  struct Pair {
    timespec access;
    timespec change;
  };
  if (address == 0) return Times::now;
  const auto pair = read<Pair>(around, address);
  if (!pair) return Times::none;
  const auto both = [&](long value) { return pair->access.tv_nsec == value && pair->change.tv_nsec == value; };
  return both(UTIME_OMIT) ? Times::none : both(UTIME_NOW) ? Times::now : Times::given;
}

void set_times_at(const Call& call, Surroundings& around, Judgement& judgement) {
  const bool follows = (call.arguments[3] & AT_SYMLINK_NOFOLLOW) == 0;
  const Place place = place_of(call, around, 0, call.arguments[1] == 0 ? -1 : 1, follows);
  set_times(around, judgement, place, times_at(around, call.arguments[2]));
}

template <int folder, int path, int times>
void set_old_times(const Call& call, Surroundings& around, Judgement& judgement) {
  set_times(around, judgement, place_of(call, around, folder, path),
            call.arguments[times] == 0 ? Times::now : Times::given);
}

template <int folder, int path, bool follows = true>
void change_attribute(const Call& call, Surroundings& around, Judgement& judgement) {
  const Place place = place_of(call, around, folder, path, follows);
  const std::string name = around.text(call.arguments[1]);
  need_access(around, judgement, place, name.starts_with("user.") ? unsigned{kWrite} : kSearch);
  const auto facts = around.file(place);
  const bool is_owner = facts && facts->uid == around.own().uid.files;
  if (name == "security.capability") {
    judgement.all(kSetfcap);
  } else if (name.starts_with("security.") || name.starts_with("trusted.")) {
    judgement.all(kSysAdmin);
  } else if (name.starts_with("system.posix_acl_")) {
    const bool gives_group = facts && (facts->mode & S_ISGID) != 0 && !is_in_group(around.own(), facts->gid);
    if (!is_owner) judgement.all(kFowner);
    if (gives_group) judgement.all(kFsetid);
  }
  if (judgement.need.empty()) return;
  judgement.on = name + " of " + describe(around, place, facts);
}

template <int folder, int path, bool follows = true>
void read_attribute(const Call& call, Surroundings& around, Judgement& judgement) {
  const std::string name = around.text(call.arguments[1]);
  const Place place = place_of(call, around, folder, path, follows);
  if (name.starts_with("user.")) need_access(around, judgement, place, kRead);
  if (!name.starts_with("trusted.")) return;
  judgement.all(kSysAdmin);
  judgement.on = name + " of " + around.name(place);
}

void make_device(Judgement& judgement, const std::string& path, std::uint64_t mode, std::uint64_t device) {
  const bool is_device = S_ISBLK(mode) || (S_ISCHR(mode) && device != 0);  // 0:0 is a whiteout
  if (!is_device) return;
  judgement.all(kMknod);
  judgement.on = path;
}

void mknod(const Call& call, Surroundings& around, Judgement& judgement) {
  make_device(judgement, around.text(call.arguments[0]), call.arguments[1], call.arguments[2]);
}

void mknodat(const Call& call, Surroundings& around, Judgement& judgement) {
  make_device(judgement, around.text(call.arguments[1]), call.arguments[2], call.arguments[3]);
}

void need_ownership(Surroundings& around, Judgement& judgement, const Place& file, Capability capability) {
  const auto facts = around.file(file);
  if (!facts || facts->uid == around.own().uid.files) return;
  judgement.all(capability);
  judgement.on = describe(around, file, facts);
}

void set_file_flags(const Call& call, Surroundings& around, Judgement& judgement) {
  const Place file{.folder = int_of(call, 0), .path = "", .follows = true};
  const auto request = static_cast<std::uint32_t>(call.arguments[1]);
  if (request == FS_IOC_SETFLAGS) {
    need_ownership(around, judgement, file, kFowner);
    const auto wanted = read<std::uint32_t>(around, call.arguments[2]);
    const auto now = around.inode_flags(file.folder);
    if (wanted && now && ((*wanted ^ *now) & (FS_IMMUTABLE_FL | FS_APPEND_FL)) != 0) {
      judgement.all(kLinuxImmutable);
      judgement.on = around.name(file);
    }
  } else if (request == FS_IOC_FSSETXATTR) {
    need_ownership(around, judgement, file, kFowner);
    const auto wanted = read<fsxattr>(around, call.arguments[2]);
    const auto now = around.inode_flags(file.folder);
    if (!wanted || !now) return;
    const bool immutable = (wanted->fsx_xflags & FS_XFLAG_IMMUTABLE) != 0;
    const bool append = (wanted->fsx_xflags & FS_XFLAG_APPEND) != 0;
    if (immutable == ((*now & FS_IMMUTABLE_FL) != 0) && append == ((*now & FS_APPEND_FL) != 0)) return;
    judgement.all(kLinuxImmutable);
    judgement.on = around.name(file);
  }
}

void control_file(const Call& call, Surroundings& around, Judgement& judgement) {
  const Place file{.folder = int_of(call, 0), .path = "", .follows = true};
  switch (int_of(call, 1)) {
    case F_SETLEASE:
      need_ownership(around, judgement, file, kLease);
      return;
    case F_SETFL:
      if ((call.arguments[2] & O_NOATIME) != 0) need_ownership(around, judgement, file, kFowner);
      return;
    case F_SETPIPE_SZ:
      if (static_cast<std::int64_t>(call.arguments[2]) > around.setting("fs/pipe-max-size").value_or(1 << 20)) {
        judgement.all(kSysResource);
        judgement.on = "the size of a pipe";
      }
      return;
    default:
      return;
  }
}

constexpr CapabilitySet kTimes = set_of({kFowner, kDacOverride});
constexpr CapabilitySet kChanging = kWays | set_of({kSetfcap, kSysAdmin, kFowner, kFsetid});
constexpr CapabilitySet kReading = kWays | set_of({kSysAdmin});

constexpr std::array kRules{
    NamedRule{"chown", {set_of({kChown}), chown<-1, 0, 1>}},
    NamedRule{"lchown", {set_of({kChown}), chown<-1, 0, 1, 0>}},
    NamedRule{"fchown", {set_of({kChown}), chown<0, -1, 1>}},
    NamedRule{"fchownat", {set_of({kChown}), chown<0, 1, 2, 4>}},
    NamedRule{"chmod", {set_of({kFowner, kFsetid}), chmod<-1, 0, 1>}},
    NamedRule{"fchmod", {set_of({kFowner, kFsetid}), chmod<0, -1, 1>}},
    NamedRule{"fchmodat", {set_of({kFowner, kFsetid}), chmod<0, 1, 2>}},
    NamedRule{"fchmodat2", {set_of({kFowner, kFsetid}), chmod<0, 1, 2>}},
    NamedRule{"utime", {kTimes, set_old_times<-1, 0, 1>}},
    NamedRule{"utimes", {kTimes, set_old_times<-1, 0, 1>}},
    NamedRule{"futimesat", {kTimes, set_old_times<0, 1, 2>}},
    NamedRule{"utimensat", {kTimes, set_times_at}},
    NamedRule{"setxattr", {kChanging, change_attribute<-1, 0>}},
    NamedRule{"lsetxattr", {kChanging, change_attribute<-1, 0, false>}},
    NamedRule{"fsetxattr", {kChanging, change_attribute<0, -1>}},
    NamedRule{"removexattr", {kChanging, change_attribute<-1, 0>}},
    NamedRule{"lremovexattr", {kChanging, change_attribute<-1, 0, false>}},
    NamedRule{"fremovexattr", {kChanging, change_attribute<0, -1>}},
    NamedRule{"getxattr", {kReading, read_attribute<-1, 0>}},
    NamedRule{"lgetxattr", {kReading, read_attribute<-1, 0, false>}},
    NamedRule{"fgetxattr", {kReading, read_attribute<0, -1>}},
    NamedRule{"mknod", {set_of({kMknod}), mknod}},
    NamedRule{"mknodat", {set_of({kMknod}), mknodat}},
    NamedRule{"ioctl", {set_of({kFowner, kLinuxImmutable}), set_file_flags}},
    NamedRule{"fcntl", {set_of({kLease, kFowner, kSysResource}), control_file}},
};

}  // namespace

std::span<const NamedRule> file_owner_rules() {
  return kRules;
}

}  // namespace snug::tracer
