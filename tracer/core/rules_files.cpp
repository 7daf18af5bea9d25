// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include <array>

#include "tracer/core/rules.hpp"

// Ways to files, and what is done at their end: the calls that CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH are for,
// and those that a file's name makes special (fs/namei.c).
namespace snug::tracer {

std::string describe(Surroundings& around, const Place& place, const std::optional<FileFacts>& facts) {
  const std::string name = around.name(place);
  if (!facts) return name;
  return fmt::format("{} (uid {}, gid {}, mode {:o})", name, facts->uid, facts->gid, facts->mode & 07777U);
}

Place place_of(const Call& call, Surroundings& around, int folder, int path, bool follows) {
  return {.folder = folder < 0 ? AT_FDCWD : int_of(call, static_cast<std::size_t>(folder)),
          .path = path < 0 ? "" : around.text(call.arguments.at(static_cast<std::size_t>(path))),
          .follows = follows};
}

Place parent_of(const Place& place) {
  std::string_view path = place.path;
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {place.folder, ".", true};
  return {place.folder, std::string(path.substr(0, slash + 1)), true};
}

void need_access(Surroundings& around, Judgement& judgement, const Place& place, unsigned access,
                 Surroundings::By by) {
  if (place.path.starts_with("/proc/")) need_for_way(around, judgement, place);
  const Forbidden forbidden = around.forbidden(place, access, by);
  if (!forbidden.way && !forbidden.access) return;
  const auto facts = around.file(place);
  if (forbidden.way) judgement.any({kDacReadSearch, kDacOverride});
  if (forbidden.access) {
    const bool is_folder = facts && S_ISDIR(facts->mode);
    const bool reads_only = (access & kWrite) == 0 && (is_folder || (access & kExecute) == 0);
    if (reads_only) {
      judgement.any({kDacReadSearch, kDacOverride});
    } else {
      judgement.all(kDacOverride);
    }
  }
  judgement.on = describe(around, place, facts);
}

namespace {

using By = Surroundings::By;

constexpr unsigned kChange = kWrite | kExecute;  // of a folder: to add and remove names

// The file itself, or nothing but the way to it.
template <int folder, int path, unsigned access, bool follows = true>
void reach(const Call& call, Surroundings& around, Judgement& judgement) {
  need_access(around, judgement, place_of(call, around, folder, path, follows), access, By::file_ids);
}

// The same, where a bit of an argument tells whether a symbolic link is followed.
template <int folder, int path, int flags, std::uint64_t bit, bool bit_means_following = false>
void reach_by_flag(const Call& call, Surroundings& around, Judgement& judgement) {
  const bool is_set = (call.arguments[flags] & bit) != 0;
  need_access(around, judgement, place_of(call, around, folder, path, is_set == bit_means_following), kSearch,
              By::file_ids);
}

template <int folder, int path>
void make_name(const Call& call, Surroundings& around, Judgement& judgement) {
  need_access(around, judgement, parent_of(place_of(call, around, folder, path)), kChange, By::file_ids);
}

// In a folder with the sticky bit only owners take names away.
void take_name(Surroundings& around, Judgement& judgement, const Place& place) {
  const Place parent = parent_of(place);
  need_access(around, judgement, parent, kChange, By::file_ids);
  const auto folder = around.file(parent);
  const auto file = around.file(place);
  const std::uint32_t self = around.own().uid.files;
  if (!folder || !file || (folder->mode & S_ISVTX) == 0 || folder->uid == self || file->uid == self) return;
  judgement.all(kFowner);
  judgement.on = describe(around, place, file);
}

template <int folder, int path>
void remove_name(const Call& call, Surroundings& around, Judgement& judgement) {
  take_name(around, judgement, place_of(call, around, folder, path, false));
}

template <int from_folder, int from_path, int to_folder, int to_path>
void rename(const Call& call, Surroundings& around, Judgement& judgement) {
  const Place from = place_of(call, around, from_folder, from_path, false);
  take_name(around, judgement, from);
  const Place to = place_of(call, around, to_folder, to_path, false);
  take_name(around, judgement, to);
  // A folder tells of the one that it is in.
  const auto facts = around.file(from);
  const bool moves = around.name(parent_of(from)) != around.name(parent_of(to));
  if (facts && S_ISDIR(facts->mode) && moves) need_access(around, judgement, from, kWrite);
}

// Since a link keeps a file alive, only its owner, or who may use it anyway, makes one where the setting says so.
template <int from_folder, int from_path, int to_folder, int to_path, int flags>
void link(const Call& call, Surroundings& around, Judgement& judgement) {
  const std::uint64_t bits = flags < 0 ? 0 : call.arguments[static_cast<std::size_t>(flags < 0 ? 0 : flags)];
  const Place from = place_of(call, around, from_folder, from_path, (bits & AT_SYMLINK_FOLLOW) != 0);
  need_access(around, judgement, parent_of(place_of(call, around, to_folder, to_path)), kChange, By::file_ids);
  if (from.path.empty() && (bits & AT_EMPTY_PATH) != 0) {
    // Since then whoever opened the file may link it; that others inherited it from them cannot be told here.
    if (around.kernel_is(6, 10)) return;
    judgement.all(kDacReadSearch);
    judgement.on = around.name(from);
    return;
  }
  need_access(around, judgement, from, kSearch, By::file_ids);
  const auto facts = around.file(from);
  if (!facts || facts->uid == around.own().uid.files || around.setting("fs/protected_hardlinks") == 0) return;
  const bool gives_privilege =
      (facts->mode & S_ISUID) != 0 || (facts->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
  const bool is_usable = S_ISREG(facts->mode) && !gives_privilege;
  if (is_usable && !around.forbidden(from, kRead | kWrite, By::file_ids).access) return;
  if (is_usable) {
    judgement.any({kFowner, kDacOverride});
  } else {
    judgement.all(kFowner);
  }
  judgement.on = describe(around, from, facts);
}

// Access(2) asks for the real ids.
template <int folder, int path, int mode, int flags>
void ask_access(const Call& call, Surroundings& around, Judgement& judgement) {
  const std::uint64_t bits = flags < 0 ? 0 : call.arguments[static_cast<std::size_t>(flags < 0 ? 0 : flags)];
  const Place place = place_of(call, around, folder, path, (bits & AT_SYMLINK_NOFOLLOW) == 0);
  const bool by_effective = (bits & AT_EACCESS) != 0;
  need_access(around, judgement, place, static_cast<unsigned>(call.arguments[mode]) & 7U,
              by_effective ? By::file_ids : By::real_ids);
}

unsigned access_of(std::uint64_t flags) {
  if ((flags & O_PATH) == O_PATH) return kSearch;
  if ((flags & O_TMPFILE) == O_TMPFILE) return kChange;
  const unsigned truncating = (flags & O_TRUNC) != 0 ? unsigned{kWrite} : 0U;
  switch (flags & O_ACCMODE) {
    case O_RDONLY:
      return kRead | truncating;
    case O_WRONLY:
      return kWrite;
    default:
      return kRead | kWrite;
  }
}

// Who writes to a file that gives its owner's or group's privilege takes that from it.
void need_fsetid(Surroundings& around, Judgement& judgement, const Place& place, const FileFacts& facts) {
  const bool gives_group = (facts.mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
  if (!S_ISREG(facts.mode) || ((facts.mode & S_ISUID) == 0 && !gives_group)) return;
  judgement.all(kFsetid);
  judgement.on = describe(around, place, facts);
}

// In a folder that gives its group to what is made there, and not as a member of that, nothing can be made that
// gives its users the group's privilege.
void create_file(Surroundings& around, Judgement& judgement, const Place& place, std::uint64_t mode) {
  const Place parent = parent_of(place);
  need_access(around, judgement, parent, kChange, By::file_ids);
  if ((mode & (S_ISGID | S_IXGRP)) != (S_ISGID | S_IXGRP)) return;
  const auto folder = around.file(parent);
  if (!folder || (folder->mode & S_ISGID) == 0 || is_in_group(around.own(), folder->gid)) return;
  judgement.all(kFsetid);
  judgement.on = describe(around, parent, folder);
}

void open_file(Surroundings& around, Judgement& judgement, const Place& place, std::uint64_t flags,
               std::uint64_t mode) {
  const unsigned access = access_of(flags);
  const bool may_be_new = (flags & O_CREAT) != 0;
  const auto facts = may_be_new || access != kRead || (flags & O_NOATIME) != 0 ? around.file(place) : std::nullopt;
  if (may_be_new && !facts) return create_file(around, judgement, place, mode);
  need_access(around, judgement, place, access, By::file_ids);
  if (access != kSearch) need_for_name(around, judgement, place, access);
  if (!facts) return;
  if ((access & kWrite) != 0) need_fsetid(around, judgement, place, *facts);
  if ((flags & O_NOATIME) != 0 && facts->uid != around.own().uid.files) {
    judgement.all(kFowner);
    judgement.on = describe(around, place, facts);
  }
}

template <int folder, int path, int flags>
void open_by_flags(const Call& call, Surroundings& around, Judgement& judgement) {
  const std::uint64_t bits = call.arguments[flags];
  const bool follows = (bits & O_NOFOLLOW) == 0 && (bits & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
  open_file(around, judgement, place_of(call, around, folder, path, follows), bits, call.arguments[flags + 1]);
}

void create(const Call& call, Surroundings& around, Judgement& judgement) {
  open_file(around, judgement, place_of(call, around, -1, 0), O_CREAT | O_WRONLY | O_TRUNC, call.arguments[1]);
}

void open_how(const Call& call, Surroundings& around, Judgement& judgement) {
  const auto how = read<struct open_how>(around, call.arguments[2]);
  if (!how) return;
  open_file(around, judgement, place_of(call, around, 0, 1, (how->flags & O_NOFOLLOW) == 0), how->flags, how->mode);
}

void truncate(const Call& call, Surroundings& around, Judgement& judgement) {
  const Place place = place_of(call, around, -1, 0);
  need_access(around, judgement, place, kWrite, By::file_ids);
  if (const auto facts = around.file(place)) need_fsetid(around, judgement, place, *facts);
}

void open_by_handle(const Call& /*call*/, Surroundings& /*around*/, Judgement& judgement) {
  judgement.all(kDacReadSearch);
}

template <int folder, int path>
void read_link(const Call& call, Surroundings& around, Judgement& judgement) {
  const Place place = place_of(call, around, folder, path, false);
  need_access(around, judgement, place, kSearch, By::file_ids);
  need_for_name(around, judgement, place, kSearch);
}

constexpr CapabilitySet kOpening = kWays | set_of({kPerfmon, kFowner, kFsetid, kSysRawio, kSyslog});

constexpr std::uint64_t kNoFollow = AT_SYMLINK_NOFOLLOW;
constexpr std::uint64_t kDoFollow = AT_SYMLINK_FOLLOW;

constexpr std::array kRules{
    NamedRule{"open", {kOpening, open_by_flags<-1, 0, 1>}},
    NamedRule{"openat", {kOpening, open_by_flags<0, 1, 2>}},
    NamedRule{"openat2", {kOpening, open_how}},
    NamedRule{"creat", {kOpening, create}},
    NamedRule{"truncate", {kWays | set_of({kFsetid}), truncate}},
    NamedRule{"open_by_handle_at", {set_of({kDacReadSearch}), open_by_handle}},
    NamedRule{"readlink", {kOpening, read_link<-1, 0>}},
    NamedRule{"readlinkat", {kOpening, read_link<0, 1>}},
    NamedRule{"stat", {kWays, reach<-1, 0, kSearch>}},
    NamedRule{"lstat", {kWays, reach<-1, 0, kSearch, false>}},
    NamedRule{"newfstatat", {kWays, reach_by_flag<0, 1, 3, kNoFollow>}},
    NamedRule{"statx", {kWays, reach_by_flag<0, 1, 2, kNoFollow>}},
    NamedRule{"statfs", {kWays, reach<-1, 0, kSearch>}},
    NamedRule{"access", {kWays, ask_access<-1, 0, 1, -1>}},
    NamedRule{"faccessat", {kWays, ask_access<0, 1, 2, -1>}},
    NamedRule{"faccessat2", {kWays, ask_access<0, 1, 2, 3>}},
    NamedRule{"chdir", {kWays, reach<-1, 0, kExecute>}},
    NamedRule{"fchdir", {kWays, reach<0, -1, kExecute>}},
    NamedRule{"chroot", {kWays, reach<-1, 0, kExecute>}},
    NamedRule{"execve", {kWays, reach<-1, 0, kExecute>}},
    NamedRule{"execveat", {kWays, reach<0, 1, kExecute>}},
    NamedRule{"inotify_add_watch", {kWays, reach<-1, 1, kRead>}},
    NamedRule{"chmod", {kWays, reach<-1, 0, kSearch>}},
    NamedRule{"fchmodat", {kWays, reach<0, 1, kSearch>}},
    NamedRule{"fchmodat2", {kWays, reach_by_flag<0, 1, 3, kNoFollow>}},
    NamedRule{"chown", {kWays, reach<-1, 0, kSearch>}},
    NamedRule{"lchown", {kWays, reach<-1, 0, kSearch, false>}},
    NamedRule{"fchownat", {kWays, reach_by_flag<0, 1, 4, kNoFollow>}},
    NamedRule{"getxattr", {kWays, reach<-1, 0, kSearch>}},
    NamedRule{"lgetxattr", {kWays, reach<-1, 0, kSearch, false>}},
    NamedRule{"listxattr", {kWays, reach<-1, 0, kSearch>}},
    NamedRule{"llistxattr", {kWays, reach<-1, 0, kSearch, false>}},
    NamedRule{"name_to_handle_at", {kWays, reach_by_flag<0, 1, 4, kDoFollow, true>}},
    NamedRule{"mkdir", {kWays, make_name<-1, 0>}},
    NamedRule{"mkdirat", {kWays, make_name<0, 1>}},
    NamedRule{"mknod", {kWays, make_name<-1, 0>}},
    NamedRule{"mknodat", {kWays, make_name<0, 1>}},
    NamedRule{"symlink", {kWays, make_name<-1, 1>}},
    NamedRule{"symlinkat", {kWays, make_name<1, 2>}},
    NamedRule{"unlink", {kWays | set_of({kFowner}), remove_name<-1, 0>}},
    NamedRule{"unlinkat", {kWays | set_of({kFowner}), remove_name<0, 1>}},
    NamedRule{"rmdir", {kWays | set_of({kFowner}), remove_name<-1, 0>}},
    NamedRule{"rename", {kWays | set_of({kFowner}), rename<-1, 0, -1, 1>}},
    NamedRule{"renameat", {kWays | set_of({kFowner}), rename<0, 1, 2, 3>}},
    NamedRule{"renameat2", {kWays | set_of({kFowner}), rename<0, 1, 2, 3>}},
    NamedRule{"link", {kWays | set_of({kFowner}), link<-1, 0, -1, 1, -1>}},
    NamedRule{"linkat", {kWays | set_of({kFowner}), link<0, 1, 2, 3, 4>}},
};

}  // namespace

std::span<const NamedRule> file_rules() {
  return kRules;
}

}  // namespace snug::tracer
