// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include "tracer/core/surroundings.hpp"
#include "tracer/linux/task_paths.hpp"

namespace snug::tracer {

// Finds out about tasks from /proc, their memory and their descriptors, while they are stopped.
class TaskView final : public TaskViews, private Surroundings {
 public:
  Surroundings& of(pid_t tid) override;
  void forget(pid_t tid) override { known_.erase(tid); }
  void avoid_files() override { avoids_files_ = true; }

 private:
  // What is kept of a task as long as nothing it does can change it.
  struct Known {
    Credentials credentials;
    Seeker seeker;
  };

  const Known& known();
  pid_t our_number(pid_t pid);
  bool is_plainly_reached(const Place& place, unsigned access, std::uint32_t uid);
  bool is_plainly_permitted(const Place& place, unsigned access);
  Descriptor duplicate(int descriptor);
  void in_namespace(const char* kind, const std::function<void()>& look);
  std::optional<IpcFacts> find_ipc(IpcKind kind, std::string_view column, int value);

  const Credentials& own() override { return known().credentials; }
  std::optional<Credentials> process(pid_t pid) override;
  std::string bytes(std::uint64_t address, std::size_t size) override;
  std::string text(std::uint64_t address) override;
  std::optional<FileFacts> file(const Place& place) override;
  Forbidden forbidden(const Place& place, unsigned access, By by) override;
  std::string name(const Place& place) override;
  std::string program() override;
  std::optional<std::uint32_t> inode_flags(int descriptor) override;
  std::optional<std::string> file_capabilities(const Place& place) override;
  std::optional<SocketFacts> socket(int descriptor) override;
  bool is_bound_to_device(int descriptor) override;
  std::string process_file(pid_t pid, std::string_view name) override;
  std::optional<pid_t> pidfd_target(int descriptor) override;
  std::optional<int> niceness(pid_t pid) override;
  std::optional<int> policy(pid_t pid) override;
  std::optional<Limit> limit(pid_t pid, int resource) override;
  std::uint64_t memory(std::string_view key) override;
  std::optional<IpcFacts> ipc(IpcKind kind, int id) override;
  std::optional<IpcFacts> ipc_of_key(IpcKind kind, int key) override;
  std::optional<std::int64_t> setting(std::string_view name) override;
  bool kernel_is(unsigned major, unsigned minor) override;

  pid_t tid_ = 0;
  bool avoids_files_ = false;
  std::unordered_map<pid_t, Known> known_;
};

}  // namespace snug::tracer
