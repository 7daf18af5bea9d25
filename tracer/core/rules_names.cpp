// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <vector>

#include "tracer/core/rules.hpp"

// Files that their names make special: those of /proc that tell of other processes (fs/proc/base.c) or set what a
// process may do, and devices.
namespace snug::tracer {
namespace {

// What /proc/PID/ROLE is: "" for one of all other files.
struct ProcessFile {
  pid_t pid = 0;
  std::string_view role;   // the first name behind the process or its thread
  std::string_view below;  // what is behind that
};

std::optional<pid_t> number_at(std::string_view& text) {
  pid_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool skip(std::string_view& text, std::string_view beginning) {
  if (!text.starts_with(beginning)) return false;
  text.remove_prefix(beginning.size());
  return true;
}

std::optional<ProcessFile> process_file(std::string_view name) {
  if (!skip(name, "/proc/")) return std::nullopt;
  auto pid = number_at(name);
  if (!pid || !skip(name, "/")) return std::nullopt;
  if (skip(name, "task/")) {
    pid = number_at(name);
    if (!pid || !skip(name, "/")) return std::nullopt;
  }
  const std::size_t slash = name.find('/');
  return ProcessFile{*pid, name.substr(0, slash), slash == std::string_view::npos ? "" : name.substr(slash + 1)};
}

template <std::size_t size>
bool is_one_of(std::string_view word, const std::array<std::string_view, size>& words) {
  return std::ranges::find(words, word) != words.end();
}

constexpr std::array<std::string_view, 8> kMaps{"maps",    "smaps", "smaps_rollup", "numa_maps",
                                                "environ", "auxv",  "pagemap",      "clear_refs"};
constexpr std::array<std::string_view, 8> kLookedInto{"mem", "io", "exe", "cwd", "root", "fd", "ns", "syscall"};

// Whether it is a link to what the process uses, rather than something behind one.
bool is_link(const ProcessFile& file) {
  if (file.role == "fd" || file.role == "ns")
    return !file.below.empty() && file.below.find('/') == std::string_view::npos;
  return file.below.empty() && (file.role == "exe" || file.role == "cwd" || file.role == "root");
}

void need_for_process_file(Surroundings& around, Judgement& judgement, const ProcessFile& file, unsigned access) {
  const bool is_deeper = !file.below.empty();
  const bool is_link_to_follow = is_link(file) || is_deeper || access != kSearch;
  if (file.role == "map_files" && is_deeper) {
    judgement.any({kCheckpointRestore, kSysAdmin});
  } else if (file.role == "stack" && access != kSearch) {
    judgement.all(kSysAdmin);
  } else if (is_one_of(file.role, kMaps) && access != kSearch) {
    need_to_look_into(around, judgement, file.pid, Surroundings::By::file_ids, Looking::reads_map);
  } else if (is_one_of(file.role, kLookedInto) && is_link_to_follow && (file.role != "fd" || is_deeper) &&
             (file.role != "ns" || is_deeper)) {
    need_to_look_into(around, judgement, file.pid, Surroundings::By::file_ids);
  }
}

// Whether the addresses of the kernel's functions read as zero without CAP_SYSLOG (kernel/kallsyms.c).
bool hides_symbols(Surroundings& around) {
  const auto restriction = around.setting("kernel/kptr_restrict").value_or(1);
  const bool for_all = restriction == 0 && around.setting("kernel/perf_event_paranoid").value_or(2) <= 1;
  return restriction < 2 && !for_all;
}

}  // namespace

void need_for_way(Surroundings& around, Judgement& judgement, const Place& place) {
  const std::string name = around.name(place);
  const auto file = process_file(name);
  if (!file || (!place.follows && is_link(*file))) return;
  need_for_process_file(around, judgement, *file, kSearch);
  if (!judgement.need.empty() && judgement.on.empty()) judgement.on = name;
}

void need_for_name(Surroundings& around, Judgement& judgement, const Place& place, unsigned access) {
  if (!place.path.starts_with("/proc/") && !place.path.starts_with("/dev/") &&
      (place.path.empty() || place.path.starts_with('/')))
    return;
  const std::string name = around.name(place);
  if (name == "/proc/kallsyms") {
    if ((access & kRead) != 0 && hides_symbols(around)) judgement.all(kSyslog);
  } else if (name == "/dev/mem" || name == "/dev/port" || name == "/proc/kcore") {
    if (access != kSearch) judgement.all(kSysRawio);
  } else if (name == "/proc/kmsg") {
    if (access != kSearch) judgement.all(kSyslog);
  } else if (name == "/dev/kmsg") {
    if ((access & kRead) != 0 && around.setting("kernel/dmesg_restrict").value_or(0) != 0) judgement.all(kSyslog);
  } else if (const auto file = process_file(name)) {
    need_for_process_file(around, judgement, *file, access);
  }
  if (!judgement.need.empty() && judgement.on.empty()) judgement.on = name;
}

namespace {

struct Extent {
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
};

std::vector<Extent> extents_in(const std::string& text) {
  std::vector<Extent> extents;
  std::istringstream words(text);
  for (Extent each; words >> each.inside >> each.outside >> each.count;) extents.push_back(each);
  return extents;
}

// user_namespaces(7): one's own id may be mapped by anybody, the group's once groups cannot be set any more, and
// the first user's only by who may give files capabilities.
void need_for_map(Surroundings& around, Judgement& judgement, const std::string& text, const ProcessFile& file) {
  const bool of_users = file.role == "uid_map";
  const auto extents = extents_in(text);
  const Ids& own = of_users ? around.own().uid : around.own().gid;
  const bool is_own = extents.size() == 1 && extents[0].count == 1 && extents[0].outside == own.effective;
  const bool is_free = is_own && (of_users || around.process_file(file.pid, "setgroups").starts_with("deny"));
  const auto holds_first = [](const Extent& each) { return each.outside == 0 && each.count != 0; };
  if (!is_free) judgement.all(of_users ? kSetuid : kSetgid);
  if (of_users && std::ranges::any_of(extents, holds_first)) judgement.all(kSetfcap);
}

// The login user of a process that has one already.
bool is_logged_in(Surroundings& around, pid_t pid) {
  return !around.process_file(pid, "loginuid").starts_with("4294967295");
}

int number_in(const std::string& text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void write_process_file(Surroundings& around, Judgement& judgement, const ProcessFile& file,
                        const std::string& text) {
  if (file.role == "uid_map" || file.role == "gid_map") {
    need_for_map(around, judgement, text, file);
  } else if (file.role == "loginuid") {
    if (is_logged_in(around, file.pid)) judgement.all(kAuditControl);
  } else if (file.role == "oom_score_adj" || file.role == "oom_adj") {
    const int wanted = number_in(text);
    if (wanted < 0 && wanted < number_in(around.process_file(file.pid, file.role))) judgement.all(kSysResource);
  }
}

bool is_forwarding(std::string_view name) {
  return name.starts_with("/proc/sys/net/") &&
         (name.ends_with("/forwarding") || name.ends_with("/mc_forwarding") || name.ends_with("/ip_forward"));
}

constexpr std::string_view kNextPid = "/proc/sys/kernel/ns_last_pid";

// What is written to a file that was opened by such a name.
void write_by_name(const Call& call, Surroundings& around, Judgement& judgement) {
  const std::string name = around.name({.folder = int_of(call, 0), .path = "", .follows = true});
  const std::string text = around.bytes(call.arguments[1], std::min<std::uint64_t>(call.arguments[2], 4096));
  if (const auto file = process_file(name)) {
    write_process_file(around, judgement, *file, text);
  } else if (name == kNextPid) {
    judgement.any({kCheckpointRestore, kSysAdmin});
  } else if (is_forwarding(name)) {
    judgement.all(kNetAdmin);
  }
  if (!judgement.need.empty()) judgement.on = name;
}

// Whether what is opened is worth remembering for what will be written to it.
template <int folder, int path, int flags>
void open_to_write(const Call& call, Surroundings& around, Judgement& judgement) {
  if ((call.arguments[flags] & O_ACCMODE) == O_RDONLY) return;
  const Place place = place_of(call, around, folder, path);
  judgement.serves_files = place.path == "/dev/fuse";
  if (place.path.starts_with('/') && !place.path.starts_with("/proc/")) return;
  const std::string name = around.name(place);
  const auto file = process_file(name);
  const bool is_one =
      file && is_one_of<5>(file->role, {"uid_map", "gid_map", "oom_score_adj", "oom_adj", "loginuid"});
  judgement.tracks_result = is_one || name == kNextPid || is_forwarding(name);
}

// A copy of such a descriptor is one too.
void copy(const Call& /*call*/, Surroundings& /*around*/, Judgement& judgement) {
  judgement.tracks_result = true;
}

void copy_by_command(const Call& call, Surroundings& /*around*/, Judgement& judgement) {
  judgement.tracks_result = int_of(call, 1) == F_DUPFD || int_of(call, 1) == F_DUPFD_CLOEXEC;
}

constexpr CapabilitySet kWriting =
    set_of({kSetuid, kSetgid, kSetfcap, kAuditControl, kSysResource, kNetAdmin, kCheckpointRestore, kSysAdmin});

constexpr std::array kRules{
    NamedRule{"open", {0, open_to_write<-1, 0, 1>}},
    NamedRule{"openat", {0, open_to_write<0, 1, 2>}},
    NamedRule{"write", {kWriting, write_by_name, false, OnlyFor::tracked, true}},
    NamedRule{"pwrite64", {kWriting, write_by_name, false, OnlyFor::tracked, true}},
    NamedRule{"dup", {0, copy, false, OnlyFor::tracked}},
    NamedRule{"dup2", {0, copy, false, OnlyFor::tracked}},
    NamedRule{"dup3", {0, copy, false, OnlyFor::tracked}},
    NamedRule{"fcntl", {0, copy_by_command, false, OnlyFor::tracked}},
};

}  // namespace

std::span<const NamedRule> name_rules() {
  return kRules;
}

}  // namespace snug::tracer
