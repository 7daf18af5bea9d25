// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/state_watcher.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "snug/syscalls.hpp"
#include "tracer/core/rules.hpp"
#include "tracer/linux/proc.hpp"

namespace snug::tracer {
namespace {

// How a call names the file whose owner or mode it sets: by which arguments.
struct FileCall {
  std::string_view name;
  int folder;  // a file descriptor, of a folder if there is a path too; -1: none
  int path;    // -1: none
};
constexpr std::array kFileCalls{FileCall{"chmod", -1, 0},    FileCall{"chown", -1, 0},   FileCall{"lchown", -1, 0},
                                FileCall{"fchmod", 0, -1},   FileCall{"fchown", 0, -1},  FileCall{"fchmodat", 0, 1},
                                FileCall{"fchmodat2", 0, 1}, FileCall{"fchownat", 0, 1}, FileCall{"mknod", -1, 0},
                                FileCall{"mknodat", 0, 1}};
constexpr std::array<std::string_view, 2> kBeginnings{"execve", "execveat"};
constexpr std::array<std::string_view, 2> kEnds{"exit", "exit_group"};

std::string_view name_in(const Call& call) {
  return syscall_name(call.arch, call.number).value_or("");
}

CapabilitySet capabilities(pid_t tid, std::string_view key) {
  return status_number(tid, key, 16).value_or(0);
}

// Whether the call is about what a symbolic link at the end of its path leads to.
bool follows(const Call& call) {
  const std::string_view name = name_in(call);
  return name != "lchown" && (name != "fchownat" || (call.arguments[4] & AT_SYMLINK_NOFOLLOW) == 0);
}

// An exec has changed it, and the caller is whoever called.
std::string program_of(pid_t tid) {
  std::error_code failure;
  return std::filesystem::read_symlink(fmt::format("/proc/{}/exe", tid), failure).string();
}

std::string words_of(std::string_view event, const Caller& caller) {
  const auto field = [&](std::string_view key) {
    return fmt::format("{}", fmt::join(status_numbers(caller.tid, key), " "));
  };
  return fmt::format("{} of {}: uid {}, gid {}, groups {}, no_new_privs {}", event, program_of(caller.tid),
                     field("Uid"), field("Gid"), field("Groups"), field("NoNewPrivs"));
}

State credentials(std::string_view event, const Caller& caller) {
  return {.what = words_of(event, caller),
          .bounding = capabilities(caller.tid, "CapBnd"),
          .effective = capabilities(caller.tid, "CapEff"),
          .ambient = capabilities(caller.tid, "CapAmb")};
}

}  // namespace

std::vector<std::string> watched_for_state() {
  std::vector<std::string> names;
  names.reserve(kFileCalls.size() + kBeginnings.size() + kEnds.size());
  for (const FileCall& file : kFileCalls) names.emplace_back(file.name);
  names.insert(names.end(), kBeginnings.begin(), kBeginnings.end());
  names.insert(names.end(), kEnds.begin(), kEnds.end());
  return names;
}

Decision StateWatcher::entered(const Caller& caller, const Call& call, std::uint16_t /*filter_data*/) {
  const std::string_view name = name_in(call);
  const bool ends = std::ranges::find(kEnds, name) != kEnds.end();
  if (ends && !caller.launching) states_.insert(credentials("end", caller));
  return {.watch_outcome = !ends, .refuse = std::nullopt};
}

void StateWatcher::returned(const Caller& caller, const Call& call, const SyscallReturned& outcome) {
  if (outcome.failed) return;
  const std::string_view name = name_in(call);
  if (name.starts_with("exec")) {
    states_.insert(credentials("beginning", caller));
    return;
  }
  const auto file = std::ranges::find(kFileCalls, name, &FileCall::name);
  if (file == kFileCalls.end()) return;
  views_.forget(caller.tid);
  Surroundings& around = views_.of(caller.tid);
  const auto found = around.file(place_of(call, around, file->folder, file->path, follows(call)));
  if (!found) return;
  states_.insert({.what = fmt::format("{} by {}: uid {}, gid {}, mode {:o}", name, caller.executable.path,
                                      found->uid, found->gid, found->mode & 07777U)});
}

}  // namespace snug::tracer
