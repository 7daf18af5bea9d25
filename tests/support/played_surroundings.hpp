// SPDX-License-Identifier: Apache-2.0
// Surroundings that are nothing but data, for rules and watchers that only ask.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tracer/core/surroundings.hpp"

namespace snug::tracer::played {

// Where the tasks of all tests keep what their arguments point to: address -> bytes.
inline std::map<std::uint64_t, std::string>& memory() {
  static std::map<std::uint64_t, std::string> pieces;
  return pieces;
}

// Puts bytes into memory, with nothing behind them, and tells where.
inline std::uint64_t place_bytes(std::string bytes) {
  constexpr std::uint64_t kFirst = 0x10000;
  constexpr std::uint64_t kApart = 0x10000;
  const std::uint64_t address = kFirst + memory().size() * kApart;
  memory().emplace(address, std::move(bytes));
  return address;
}

// A text with its zero byte.
inline std::uint64_t text_at(std::string_view text) {
  return place_bytes(std::string(text) + '\0');
}

template <typename Structure>
std::uint64_t value_at(const Structure& value) {
  static_assert(std::is_trivially_copyable_v<Structure>);
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return place_bytes(std::move(bytes));
}

constexpr Ids all_ids(std::uint32_t id) {
  return {id, id, id, id};
}

// What somebody without privilege has.
inline Credentials user(pid_t process, std::uint32_t id) {
  Credentials credentials;
  credentials.process = process;
  credentials.uid = all_ids(id);
  credentials.gid = all_ids(id);
  return credentials;
}

// Files go by their path, those behind a descriptor by "#5", and those below one by "#5/path".
inline std::string key_of(const Place& place) {
  std::string path = place.path;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (path.starts_with('/') || (place.folder == AT_FDCWD && !path.empty())) return path;
  const std::string folder = fmt::format("#{}", place.folder);
  return path.empty() ? folder : folder + '/' + path;
}

// A task with number 100 of user and group 1000, who is also in group 50, unless it is told otherwise.
class PlayedSurroundings final : public Surroundings {
 public:
  PlayedSurroundings() { credentials.groups = {50}; }

  Credentials credentials = user(100, 1000);
  std::map<pid_t, Credentials> processes;  // others than itself
  std::map<std::string, FileFacts> files;
  std::map<std::string, std::string> links;                // symbolic: from where to where
  std::map<std::string, std::string> names;                // where they differ from the key
  std::set<std::string> unreachable;                       // those to which the way is forbidden
  std::map<std::string, unsigned> closed;                  // what is forbidden of the file itself
  std::map<std::string, unsigned> closed_to_real_ids;      // the same, as access(2) asks
  std::map<std::string, std::string> capabilities;         // the attributes of files
  std::map<int, std::uint32_t> flags;                      // of inodes, by descriptor
  std::map<int, SocketFacts> sockets;                      // by descriptor
  std::set<int> bound;                                     // to a device
  std::map<int, pid_t> pidfds;                             // the processes that they stand for
  std::map<std::string, std::string> process_files;        // by "PID/NAME"
  std::map<pid_t, int> nicenesses;                         //
  std::map<pid_t, int> policies;                           //
  std::map<std::pair<pid_t, int>, Limit> limits;           // by process and resource
  std::map<std::string, std::uint64_t, std::less<>> used;  // memory, by the line of /proc/PID/status
  std::map<std::pair<IpcKind, int>, IpcFacts> objects;     // of System V, by id
  std::map<std::pair<IpcKind, int>, IpcFacts> keyed;       // and by key
  std::map<std::string, std::int64_t, std::less<>> settings;
  std::pair<unsigned, unsigned> kernel{6, 18};
  std::string executes = "/bin/tool";

  const Credentials& own() override { return credentials; }

  std::optional<Credentials> process(pid_t pid) override {
    return pid == credentials.process ? std::optional(credentials) : find(processes, pid);
  }

  std::string bytes(std::uint64_t address, std::size_t size) override {
    const auto after = memory().upper_bound(address);
    if (after == memory().begin()) return "";
    const auto& [start, piece] = *std::prev(after);
    return address - start < piece.size() ? piece.substr(address - start, size) : "";
  }

  std::string text(std::uint64_t address) override { return bytes(address, 4096).c_str(); }

  std::optional<FileFacts> file(const Place& place) override { return find(files, end_of(place)); }

  Forbidden forbidden(const Place& place, unsigned access, By by) override {
    const std::string key = end_of(place);
    const auto& map = by == By::real_ids ? closed_to_real_ids : closed;
    return {.way = unreachable.contains(key), .access = (find(map, key).value_or(0) & access) != 0};
  }

  std::string name(const Place& place) override {
    const std::string key = key_of(place);
    return find(names, key).value_or(key);
  }

  std::string program() override { return executes; }
  std::optional<std::uint32_t> inode_flags(int descriptor) override { return find(flags, descriptor); }
  std::optional<std::string> file_capabilities(const Place& place) override {
    return find(capabilities, end_of(place));
  }
  std::optional<SocketFacts> socket(int descriptor) override { return find(sockets, descriptor); }
  bool is_bound_to_device(int descriptor) override { return bound.contains(descriptor); }
  std::string process_file(pid_t pid, std::string_view file) override {
    return find(process_files, fmt::format("{}/{}", pid, file)).value_or("");
  }
  std::optional<pid_t> pidfd_target(int descriptor) override { return find(pidfds, descriptor); }
  std::optional<int> niceness(pid_t pid) override { return find(nicenesses, pid); }
  std::optional<int> policy(pid_t pid) override { return find(policies, pid); }
  std::optional<Limit> limit(pid_t pid, int resource) override { return find(limits, std::pair(pid, resource)); }
  std::uint64_t memory(std::string_view key) override { return find(used, key).value_or(0); }
  std::optional<IpcFacts> ipc(IpcKind kind, int id) override { return find(objects, std::pair(kind, id)); }
  std::optional<IpcFacts> ipc_of_key(IpcKind kind, int key) override { return find(keyed, std::pair(kind, key)); }
  std::optional<std::int64_t> setting(std::string_view key) override { return find(settings, key); }
  bool kernel_is(unsigned major, unsigned minor) override { return kernel >= std::pair(major, minor); }

 private:
  static std::map<std::uint64_t, std::string>& memory() { return played::memory(); }

  std::string end_of(const Place& place) const {
    const std::string key = key_of(place);
    return place.follows ? find(links, key).value_or(key) : key;
  }

  template <typename Map, typename Key>
  static std::optional<typename Map::mapped_type> find(const Map& map, const Key& key) {
    const auto found = map.find(key);
    return found == map.end() ? std::nullopt : std::optional(found->second);
  }
};

// Those of several tasks, each made when it is first asked for.
class PlayedViews final : public TaskViews {
 public:
  Surroundings& of(pid_t tid) override { return task(tid); }
  void forget(pid_t tid) override { forgotten.push_back(tid); }
  void avoid_files() override { avoids_files = true; }

  PlayedSurroundings& task(pid_t tid) { return tasks_[tid]; }

  std::vector<pid_t> forgotten;  // in the order of the requests
  bool avoids_files = false;

 private:
  std::map<pid_t, PlayedSurroundings> tasks_;
};

}  // namespace snug::tracer::played
