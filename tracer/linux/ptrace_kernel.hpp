// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "tracer/core/kernel.hpp"
#include "tracer/core/session.hpp"
#include "tracer/linux/executable.hpp"
#include "tracer/linux/pacer.hpp"
#include "tracer/linux/rouser.hpp"
#include "tracer/linux/turns.hpp"

namespace snug::tracer {

// The kernel behind ptrace(2) and waitpid(2). Must be used by the thread that seized the tasks.
class PtraceKernel final : public Kernel {
 public:
  // `tracees` are those that we have seized already.
  explicit PtraceKernel(Rouser& rouser, const std::vector<Seized>& tracees = {});

  News wait() override;
  void resume(const Resume& order) override;
  void interrupt(pid_t tid) override;

  // How many reports wait() has returned.
  std::uint64_t reports() const { return reports_; }

 private:
  WaitReport describe(pid_t tid, int status);
  pid_t wait_for_anybody(int& status);
  bool is_over();

  Rouser& rouser_;
  // Without privilege of our own, programs of the workload lose what their files would give them (execve(2));
  // unless no_new_privs is on, under which they would not get it anyway.
  bool withholds_privilege_;
  // Children that this process already had before it became snug (a shell's background jobs, when the shell execs
  // us), and those that we let go. They are not the workload's, and waiting for their end would be waiting for
  // somebody else.
  std::set<pid_t> inherited_;
  bool has_detached_ = false;  // so that others than tracees may be among our children
  bool somebody_left_ = true;
  std::uint64_t reports_ = 0;
  bool refuses_ = false;  // unless we refused one, no trapped call has its number from us
  Turns turns_;
  ExecutableReader executables_;
  Pacer pacer_;
};

}  // namespace snug::tracer
