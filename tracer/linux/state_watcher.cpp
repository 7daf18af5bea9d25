// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/state_watcher.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <bit>
#include <climits>
#include <filesystem>

#include "snug/syscalls.hpp"
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

// The text at `address` in the task's memory; as much of it as can be read.
std::string text_at(pid_t tid, std::uint64_t address) {
  std::string text(PATH_MAX, '\0');
  iovec ours{text.data(), text.size()};
  for (std::size_t size = text.size(); size != 0; size /= 2) {  // it may end before memory that is none
    iovec theirs{std::bit_cast<void*>(address), size};
    const ssize_t got = process_vm_readv(tid, &ours, 1, &theirs, 1, 0);
    if (got > 0) return text.substr(0, text.find('\0'));
  }
  return "";
}

// The file as we can name it. /proc/self would be ours.
std::string place_of(pid_t tid, const FileCall& file, const Call& call) {
  const std::string root = fmt::format("/proc/{}", tid);
  const auto folder =
      file.folder < 0 ? AT_FDCWD : static_cast<int>(call.arguments[static_cast<std::size_t>(file.folder)]);
  std::string from = folder == AT_FDCWD ? root + "/cwd" : fmt::format("{}/fd/{}", root, folder);
  if (file.path < 0) return from;
  const std::string path = text_at(tid, call.arguments[static_cast<std::size_t>(file.path)]);
  for (const std::string_view own : {"/proc/self/", "/proc/thread-self/"})
    if (path.starts_with(own)) return root + "/" + path.substr(own.size());
  if (path.starts_with('/')) return root + "/root" + path;
  return path.empty() ? from : from + "/" + path;
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
  struct stat found {};
  if (file == kFileCalls.end() || fstatat(AT_FDCWD, place_of(caller.tid, *file, call).c_str(), &found,
                                          follows(call) ? 0 : AT_SYMLINK_NOFOLLOW) != 0)
    return;
  states_.insert({.what = fmt::format("{} by {}: uid {}, gid {}, mode {:o}", name, caller.executable.path,
                                      found.st_uid, found.st_gid, found.st_mode & 07777U)});
}

}  // namespace snug::tracer
