// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snug/capabilities.hpp"

// What decides, apart from a call's arguments, whether the call needs a capability. Rules ask for it; the kernel,
// or a test, answers.
namespace snug::tracer {

// A user's or a group's ids, of which the kernel has four (credentials(7)).
struct Ids {
  std::uint32_t real = 0;
  std::uint32_t effective = 0;
  std::uint32_t saved = 0;
  std::uint32_t files = 0;

  bool operator==(const Ids&) const = default;
};

// As whom a task acts.
struct Credentials {
  pid_t process = 0;
  Ids uid;
  Ids gid;
  std::vector<std::uint32_t> groups;  // the supplementary ones
  CapabilitySet inheritable = 0;
  CapabilitySet permitted = 0;
  CapabilitySet effective = 0;
  CapabilitySet bounding = 0;
  CapabilitySet ambient = 0;
  bool no_new_privileges = false;
  bool dumpable = true;              // others of the same user may look into it
  std::uint64_t user_namespace = 0;  // its inode

  bool operator==(const Credentials&) const = default;
};

struct FileFacts {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t mode = 0;  // st_mode
};

// A file as a call names it.
struct Place {
  int folder;           // a descriptor or AT_FDCWD; the file itself where the path is empty
  std::string path;     // empty: none
  bool follows = true;  // a symbolic link at the end of the path
};

// What access(2) asks for. Search stands for the way to a file, nothing being done with the file itself.
enum Access : unsigned { kSearch = 0, kExecute = 1, kWrite = 2, kRead = 4 };

// Which part of an access is forbidden.
struct Forbidden {
  bool way = false;     // to search some folder on the way to the file
  bool access = false;  // what is asked of the file itself
};

struct SocketFacts {
  int domain = 0;
  int type = 0;
  int protocol = 0;
};

struct Limit {
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

enum class IpcKind : std::uint8_t { shm, sem, msg };

struct IpcFacts {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t creator_uid = 0;
  std::uint32_t creator_gid = 0;
  std::uint32_t mode = 0;
};

// Everything in the view of the task that makes the call, at the moment before. Nothing is told where it cannot be
// found out.
class Surroundings {
 public:
  Surroundings() = default;
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;
  virtual ~Surroundings() = default;

  // The task's own credentials.
  virtual const Credentials& own() = 0;

  // Those of the process or thread that has this number for the task.
  virtual std::optional<Credentials> process(pid_t pid) = 0;

  // Up to `size` bytes of the task's memory; fewer where it ends.
  virtual std::string bytes(std::uint64_t address, std::size_t size) = 0;

  // The text at `address`, up to its zero byte.
  virtual std::string text(std::uint64_t address) = 0;

  virtual std::optional<FileFacts> file(const Place& place) = 0;

  // What owners, modes and access lists alone forbid, without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH; nothing
  // where there is no such file. By its ids for files, or by its real ones, as access(2) asks.
  enum class By : std::uint8_t { file_ids, real_ids };
  virtual Forbidden forbidden(const Place& place, unsigned access, By by) = 0;

  // The file's path for the task, as far as it is known, with its own number for /proc/self; what stands behind a
  // descriptor, as "socket:[7]" does.
  virtual std::string name(const Place& place) = 0;

  // The path of the program that the task executes.
  virtual std::string program() = 0;

  virtual std::optional<std::uint32_t> inode_flags(int descriptor) = 0;          // of FS_IOC_GETFLAGS
  virtual std::optional<std::string> file_capabilities(const Place& place) = 0;  // the attribute's bytes
  virtual std::optional<SocketFacts> socket(int descriptor) = 0;
  virtual bool is_bound_to_device(int descriptor) = 0;
  virtual std::string process_file(pid_t pid, std::string_view name) = 0;  // what /proc/PID/NAME says
  virtual std::optional<pid_t> pidfd_target(int descriptor) = 0;
  virtual std::optional<int> niceness(pid_t pid) = 0;
  virtual std::optional<int> policy(pid_t pid) = 0;  // of sched_getscheduler(2)
  virtual std::optional<Limit> limit(pid_t pid, int resource) = 0;
  virtual std::uint64_t memory(std::string_view key) = 0;  // bytes, by the line of /proc/PID/status: "VmLck"

  // The System V object of that id or key.
  virtual std::optional<IpcFacts> ipc(IpcKind kind, int id) = 0;
  virtual std::optional<IpcFacts> ipc_of_key(IpcKind kind, int key) = 0;

  // A setting in /proc/sys, e.g. "net/ipv4/ip_unprivileged_port_start".
  virtual std::optional<std::int64_t> setting(std::string_view name) = 0;

  // Whether the kernel is of that version or a later one.
  virtual bool kernel_is(unsigned major, unsigned minor) = 0;
};

// The surroundings of every task of a workload.
class TaskViews {
 public:
  TaskViews() = default;
  TaskViews(const TaskViews&) = delete;
  TaskViews& operator=(const TaskViews&) = delete;
  virtual ~TaskViews() = default;

  // Good until the next call of a member.
  virtual Surroundings& of(pid_t tid) = 0;

  // What was kept about the task's credentials and root folder may no longer be so.
  virtual void forget(pid_t tid) = 0;

  // From now on nothing is told of files: a task that is stopped may be who would answer.
  virtual void avoid_files() = 0;
};

}  // namespace snug::tracer
