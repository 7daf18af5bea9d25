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
  std::string_view role;  // the first name behind the process or its thread
  bool is_deeper = false;
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
  return ProcessFile{*pid, name.substr(0, slash), slash != std::string_view::npos};
}

template <std::size_t size>
bool is_one_of(std::string_view word, const std::array<std::string_view, size>& words) {
  return std::ranges::find(words, word) != words.end();
}

constexpr std::array<std::string_view, 8> kMaps{"maps",    "smaps", "smaps_rollup", "numa_maps",
                                                "environ", "auxv",  "pagemap",      "clear_refs"};
constexpr std::array<std::string_view, 8> kLookedInto{"mem", "io", "exe", "cwd", "root", "fd", "ns", "syscall"};

void need_for_process_file(Surroundings& around, Judgement& judgement, const ProcessFile& file, unsigned access) {
  const bool is_link_to_follow =
      file.role == "exe" || file.role == "cwd" || file.role == "root" || file.is_deeper || access != kSearch;
  if (file.role == "map_files" && file.is_deeper) {
    judgement.any({kCheckpointRestore, kSysAdmin});
  } else if (file.role == "stack" && access != kSearch) {
    judgement.all(kSysAdmin);
  } else if (is_one_of(file.role, kMaps) && access != kSearch) {
    need_to_look_into(around, judgement, file.pid, Surroundings::By::file_ids, Looking::reads_map);
  } else if (is_one_of(file.role, kLookedInto) && is_link_to_follow && (file.role != "fd" || file.is_deeper) &&
             (file.role != "ns" || file.is_deeper)) {
    need_to_look_into(around, judgement, file.pid, Surroundings::By::file_ids);
  }
}

}  // namespace

void need_for_name(Surroundings& around, Judgement& judgement, const Place& place, unsigned access) {
  if (!place.path.starts_with("/proc/") && !place.path.starts_with("/dev/") &&
      (place.path.empty() || place.path.starts_with('/')))
    return;
  const std::string name = around.name(place);
  if (name == "/dev/mem" || name == "/dev/port" || name == "/proc/kcore") {
    judgement.all(kSysRawio);
  } else if (name == "/proc/kmsg" || (name == "/dev/kmsg" && (access & kRead) != 0 &&
                                      around.setting("kernel/dmesg_restrict").value_or(0) != 0)) {
    judgement.all(kSyslog);
  } else if (const auto file = process_file(name)) {
    need_for_process_file(around, judgement, *file, access);
    if ((access & kWrite) != 0)
      judgement.tracks_result =
          is_one_of<6>(file->role, {"uid_map", "gid_map", "oom_score_adj", "oom_adj", "loginuid", "setgroups"});
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

// user_namespaces(7): one's own id may be mapped by anybody, and the first user's only by who may give files
// capabilities.
void need_for_map(Surroundings& around, Judgement& judgement, const std::string& text, bool of_users) {
  const auto extents = extents_in(text);
  const Ids& own = of_users ? around.own().uid : around.own().gid;
  const bool is_own = extents.size() == 1 && extents[0].count == 1 && extents[0].outside == own.effective;
  const auto holds_first = [](const Extent& each) { return each.outside == 0 && each.count != 0; };
  if (!is_own) judgement.all(of_users ? kSetuid : kSetgid);
  if (of_users && std::ranges::any_of(extents, holds_first)) judgement.all(kSetfcap);
}

// What is written to a file that was opened by such a name.
void write_by_name(const Call& call, Surroundings& around, Judgement& judgement) {
  const Place place{.folder = int_of(call, 0), .path = "", .follows = true};
  const std::string name = around.name(place);
  const auto file = process_file(name);
  if (!file) return;
  const std::string text = around.bytes(call.arguments[1], std::min<std::uint64_t>(call.arguments[2], 4096));
  if (file->role == "uid_map" || file->role == "gid_map") {
    need_for_map(around, judgement, text, file->role == "uid_map");
  } else if (file->role == "loginuid") {
    judgement.all(kAuditControl);
  } else if (file->role == "oom_score_adj" || file->role == "oom_adj") {
    int wanted = 0;
    std::from_chars(text.data(), text.data() + text.size(), wanted);
    if (wanted < 0) judgement.all(kSysResource);
  }
  if (!judgement.need.empty()) judgement.on = name;
}

// A copy of such a descriptor is one too.
void copy(const Call& /*call*/, Surroundings& /*around*/, Judgement& judgement) {
  judgement.tracks_result = true;
}

void copy_by_command(const Call& call, Surroundings& /*around*/, Judgement& judgement) {
  judgement.tracks_result = int_of(call, 1) == F_DUPFD || int_of(call, 1) == F_DUPFD_CLOEXEC;
}

constexpr CapabilitySet kWriting = set_of({kSetuid, kSetgid, kSetfcap, kAuditControl, kSysResource});

constexpr std::array kRules{
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
