// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "snug/profile.hpp"
#include "tracer/core/stop.hpp"

namespace snug::tracer {

// Who makes a call.
struct Caller {
  pid_t tid;
  bool launching;  // our own child on its way to the workload's first exec
  const Executable& executable;
};

// What a watcher wants of a call that is about to be made.
struct Decision {
  bool watch_outcome = false;     // stop again when it returns
  std::optional<Verdict> refuse;  // do not let it happen
  bool succeed = false;           // whatever it does, let it return 0
};

// Is told of every call the session sees, and decides about it: the recorder behind `trace`, the verifier behind
// `verify`. It must not assume that every call of the workload stops.
class Watcher {
 public:
  Watcher() = default;
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  virtual ~Watcher() = default;

  // Whether calls that a filter of the workload's own refuses must be shown too.
  virtual bool wants_every_call() const = 0;

  // The task is new: nothing that was known of one with its number holds any more.
  virtual void begun(pid_t /*tid*/) {}

  // The task executes a program, and has another number from now on where it did not lead its process.
  virtual void moved(pid_t /*from*/, pid_t /*to*/) {}

  // The task has ended.
  virtual void ended(pid_t /*tid*/) {}

  // A call is about to be made. `filter_data` is what the filter that stopped it said, 0 without a filter.
  virtual Decision entered(const Caller& caller, const Call& call, std::uint16_t filter_data) = 0;

  // A call whose outcome was asked for has returned `result`, or -errno when it `failed`.
  virtual void returned(const Caller& caller, const Call& call, const SyscallReturned& outcome) = 0;
};

}  // namespace snug::tracer
