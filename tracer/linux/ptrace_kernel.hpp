// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <unordered_set>
#include <vector>

#include "tracer/core/kernel.hpp"
#include "tracer/core/session.hpp"
#include "tracer/linux/executable.hpp"
#include "tracer/linux/pacer.hpp"
#include "tracer/linux/rouser.hpp"
#include "tracer/linux/turns.hpp"

namespace snug::tracer {

// What the kernel does to our tracees when we end: kills them (PTRACE_O_EXITKILL), or lets them go.
enum class OurEnd : std::uint8_t { kills, lets_go };

// The kernel behind ptrace(2) and waitpid(2). Must be used by the thread that seized the tasks.
class PtraceKernel final : public Kernel {
 public:
  // `tracees` are those that we have seized already.
  PtraceKernel(Rouser& rouser, OurEnd our_end, const std::vector<Seized>& tracees = {});

  News wait() override;
  void resume(const Resume& order) override;
  void interrupt(pid_t tid) override;

  // How many reports wait() has returned.
  std::uint64_t reports() const { return reports_; }

 private:
  WaitReport describe(pid_t tid, int status);
  pid_t wait_for_anybody(int& status);
  pid_t wait_while_letting_go(int& status);
  bool is_over();
  bool cannot_stop(pid_t tid) const;

  Rouser& rouser_;
  OurEnd our_end_;
  // Without privilege of our own, programs of the workload lose what their files would give them (execve(2));
  // unless no_new_privs is on, under which they would not get it anyway.
  bool withholds_privilege_;
  // Children that this process already had before it became snug (a shell's background jobs, when the shell execs
  // us), and those that we let go. They are not the workload's, and waiting for their end would be waiting for
  // somebody else.
  std::set<pid_t> inherited_;
  // Those whose end has begun, and is their parent's alone to be told of; unless that ends first and leaves them to
  // us.
  std::unordered_set<pid_t> buried_;
  // Those asked to stop that have not been let go yet. Only where our end lets them go: otherwise they must be.
  std::set<pid_t> asked_;
  std::chrono::steady_clock::time_point last_report_;
  bool has_detached_ = false;  // so that others than tracees may be among our children
  bool somebody_left_ = true;
  std::uint64_t reports_ = 0;
  bool refuses_ = false;  // unless we refused one, no trapped call has its number from us
  Turns turns_;
  ExecutableReader executables_;
  Pacer pacer_;
};

}  // namespace snug::tracer
