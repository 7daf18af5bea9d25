// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "snug/arch.hpp"
#include "snug/capabilities.hpp"
#include "snug/result.hpp"

// A recording is the evidence of one or more traced runs. Recordings form a join semilattice: merge() is
// commutative, associative and idempotent, so any number of them can be combined in any order, any number of times.
namespace snug {

// The program a process runs. Its id is derived from the other fields.
struct Executable {
  std::string path;      // as /proc/PID/exe says, without " (deleted)"
  std::string build_id;  // lowercase hex of the ELF note NT_GNU_BUILD_ID; empty when there is none

  auto operator<=>(const Executable&) const = default;
};

// Where a run took place.
struct Host {
  std::string kernel;  // uname -r
  Arch arch = Arch::unknown;
  std::string libc;  // e.g. "glibc 2.36": of the tracer's machine

  auto operator<=>(const Host&) const = default;
};

// Who watched it, and how.
struct TracerInfo {
  std::string version;
  std::string mode;                // "seccomp" (one stop a call) or "syscall" (two)
  bool privileged = false;         // CAP_SYS_PTRACE: setuid programs of the workload keep their privilege
  bool no_new_privileges = false;  // we had to set it on the workload, which it did not have by itself

  auto operator<=>(const TracerInfo&) const = default;
};

// How the workload's command ended: by exit code or by signal.
struct ExitStatus {
  std::optional<int> code;
  std::optional<int> signo;

  auto operator<=>(const ExitStatus&) const = default;
};

// The ledger of a run. A run is complete only when it balances: born + attached == gone + detached.
struct Accounting {
  std::uint64_t tasks_born = 0;      // threads and processes seen to begin, the command's first one included
  std::uint64_t tasks_attached = 0;  // already alive when the tracer seized them
  std::uint64_t tasks_gone = 0;      // seen to end
  std::uint64_t tasks_detached = 0;  // let go while alive
  std::uint64_t execs = 0;           // successful execve and execveat calls
  std::uint64_t stops = 0;           // everything the kernel reported
  std::uint64_t syscall_stops = 0;   // of these, the ones about a system call
  std::uint64_t calls = 0;           // system calls recorded, the sum of all counts
  std::uint64_t unread = 0;          // stops whose call could not be read, the task being killed before it was made

  auto operator<=>(const Accounting&) const = default;
};

// The container that a run took place in, as its engine and its OCI configuration tell it; empty where they do not.
struct Container {
  std::string id;
  std::string name;
  std::string image;
  std::string pod;              // Kubernetes': the pod that it is part of
  std::string name_space;       // and the namespace of that
  std::string engine;           // "docker", "podman", "containerd", "cri-o"
  std::string runtime;          // the OCI runtime that was called, as a path
  std::string runtime_version;  // the first line of what it says of its version
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  bool no_new_privileges = false;
  std::set<std::string> capabilities;  // the most it could have: its bounding set
  bool filtered = false;               // it ran under a seccomp profile of its own
  bool exec = false;                   // the run is of what was brought in later, as by docker exec

  auto operator<=>(const Container&) const = default;
};

// What the workload was allowed to do when it began, and how well its use of that was watched.
struct Privilege {
  std::uint32_t uid = 0;  // effective
  std::uint32_t gid = 0;
  CapabilitySet bounding = 0;
  CapabilitySet permitted = 0;
  CapabilitySet effective = 0;
  CapabilitySet ambient = 0;
  bool no_new_privileges = false;
  bool in_first_namespace = true;             // its user namespace is the machine's first one
  std::set<std::string> gains;                // the programs whose exec gave it privilege
  std::vector<std::string> unjudged_because;  // what was not seen of its needs, in words, sorted
  std::string no_kernel_evidence;             // why the kernel's own checks were not seen; empty: they were

  auto operator<=>(const Privilege&) const = default;
};

// One traced workload, for the interval in which it was observed; nothing is claimed about the time outside of it.
struct Run {
  enum class Begin : std::uint8_t { launch, attach };
  // A checkpoint was written while recording still went on. It stands first because of two reports of one run the
  // greater is right.
  enum class End : std::uint8_t { checkpoint, last_task, command, detach };

  std::vector<std::string> command;
  std::string started;  // RFC 3339, UTC, with microseconds
  std::uint64_t duration_ms = 0;
  Begin begin = Begin::launch;
  End end = End::last_task;
  ExitStatus exit;
  Host host;
  TracerInfo tracer;
  std::optional<Container> container = std::nullopt;
  Accounting accounting;
  std::vector<std::string> incomplete_because;        // sorted, in words; empty: nothing was missed
  std::optional<Privilege> privilege = std::nullopt;  // nothing where needs of capabilities were not looked at

  auto operator<=>(const Run&) const = default;
};

// A call of one ABI. `number` is without kX32SyscallBit; it may have no name.
struct SyscallKey {
  Arch arch;
  std::uint32_t number;

  auto operator<=>(const SyscallKey&) const = default;
};

// One function on a stack.
struct Frame {
  std::string object;  // the mapped file, as the task names it; empty where none is mapped (code made at run time)
  std::string build_id;      // of that file, as Executable's
  std::uint64_t offset = 0;  // of the return address in that file; the address itself where there is none
  std::string symbol;        // the function's name; empty when the file does not tell

  auto operator<=>(const Frame&) const = default;
};

// Who called, from the innermost frame outwards.
struct Stack {
  std::vector<Frame> frames;  // empty when it was not looked at
  bool partial = false;       // the walk broke off before the outermost frame

  auto operator<=>(const Stack&) const = default;
};

// The first time something was seen.
struct FirstSeen {
  std::uint64_t elapsed_ms = 0;  // since the run's start
  std::int32_t tid = 0;
  Stack stack;

  auto operator<=>(const FirstSeen&) const = default;
};

// What was passed as one argument of a call.
struct ArgumentValues {
  std::set<std::uint64_t> values;  // the distinct ones
  bool many = false;               // too many to be kept: `values` is empty

  auto operator<=>(const ArgumentValues&) const = default;
};

// What one executable did with one call in one run.
struct Observation {
  std::uint64_t count = 0;                      // how often it was entered
  std::uint64_t outcomes = 0;                   // how many of these were also watched until they returned
  std::map<std::string, std::uint64_t> errors;  // of the watched ones: how many failed, by errno name
  FirstSeen first;
  std::map<std::string, ArgumentValues> arguments = {};  // by name, of the arguments that a seccomp filter can use
  std::map<std::string, std::uint64_t> phases = {};      // how many of the count in each phase; empty: not told

  auto operator<=>(const Observation&) const = default;
};

using RunId = std::string;
using ExecutableId = std::string;
using Observations = std::map<std::pair<RunId, ExecutableId>, Observation>;

// How a call bears on capabilities.
enum class CapabilityUse : std::uint8_t {
  used,           // it succeeded, and would not have without
  declared,       // it asked for them to be there, whether or not they are used
  checked,        // the kernel asked for them, it succeeded, and no rule of ours knows why
  attempted,      // it failed for lack of them
  probe,          // it failed for another reason, and would have for lack of them
  opportunistic,  // the kernel asked whether they are there, and does the same without
};

// What is needed of capabilities: of every set at least one member.
using CapabilityNeed = std::set<CapabilitySet>;

// How what a need was about ends when it would be none with no_new_privs: those who cannot gain privilege may
// restrict themselves.
inline constexpr std::string_view kForLackOfNoNewPrivileges = "without no_new_privs";

struct CapabilityKey {
  SyscallKey call;
  CapabilityUse use = CapabilityUse::used;
  CapabilityNeed need;
  std::string on;  // what the call was about: a file, a port; empty where there is nothing to tell, or too much

  auto operator<=>(const CapabilityKey&) const = default;
};

// How one executable needed that in one run.
struct CapabilityEvidence {
  std::uint64_t count = 0;
  std::uint64_t confirmed = 0;  // of these, how often the kernel was seen to check for it
  FirstSeen first;
  std::map<std::string, std::uint64_t> phases;  // of the count

  auto operator<=>(const CapabilityEvidence&) const = default;
};

using CapabilityEvidences = std::map<std::pair<RunId, ExecutableId>, CapabilityEvidence>;

struct Recording {
  std::map<RunId, Run> runs;
  std::map<ExecutableId, Executable> executables;
  std::map<SyscallKey, Observations> syscalls;
  std::map<CapabilityKey, CapabilityEvidences> capabilities;

  bool operator==(const Recording&) const = default;
};

// Ids are derived from content, so that the same thing has the same id everywhere: "r-" or "x-" and 16 hex digits.
RunId id_of(const Run& run, std::string_view boot_id, std::int32_t tracer_pid);
ExecutableId id_of(const Executable& executable);

// The words for what bounds a run: "launch", "attach"; "last task", "command", "detach", "checkpoint".
std::string_view name_of(Run::Begin begin);
std::string_view name_of(Run::End end);

// "used", "declared", "checked", "attempted", "probe", "opportunistic".
std::string_view name_of(CapabilityUse use);

// The union of two recordings.
Recording merge(Recording into, const Recording& from);

// Why `recording` is not the whole truth, in words, sorted, without duplicates; empty when it is complete.
std::vector<std::string> incomplete_because(const Recording& recording);

// How often `observations` were entered in all runs by all executables.
std::uint64_t total_count(const Observations& observations);

// The recording in its JSON form (docs/recording-format.md), sorted: equal recordings give equal bytes.
std::string render(const Recording& recording);

// Reads what render() wrote. `source` is the file's name, for messages. Errors: bad_input for anything but a
// well-formed recording of this schema version.
Result<Recording> parse_recording(std::string_view text, std::string_view source);

inline constexpr std::string_view kRecordingSchema = "snug.recording/1";

}  // namespace snug
