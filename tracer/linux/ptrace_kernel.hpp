// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>

#include "tracer/core/kernel.hpp"
#include "tracer/linux/executable.hpp"
#include "tracer/linux/pacer.hpp"

namespace snug::tracer {

// The kernel behind ptrace(2) and waitpid(2). Must be used by the thread that seized the tasks.
class PtraceKernel final : public Kernel {
 public:
  PtraceKernel();

  std::optional<WaitReport> wait() override;
  void resume(const Resume& order) override;

 private:
  WaitReport describe(pid_t tid, int status);
  pid_t wait_for_anybody(int& status);
  bool is_over();

  // Without privilege of our own, programs of the workload lose what their files would give them (execve(2));
  // unless no_new_privs is on, under which they would not get it anyway.
  bool withholds_privilege_;
  // Children that this process already had before it became snug (a shell's background jobs, when the shell execs
  // us). They are not the workload's, and waiting for their end would be waiting for somebody else.
  std::set<pid_t> inherited_;
  bool somebody_ended_ = true;
  ExecutableReader executables_;
  Pacer pacer_;
};

}  // namespace snug::tracer
