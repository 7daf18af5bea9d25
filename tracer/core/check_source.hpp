// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tracer/core/capability_check.hpp"

namespace snug::tracer {

// Tells what the kernel itself asked about the capabilities of tasks.
class CheckSource {
 public:
  CheckSource() = default;
  CheckSource(const CheckSource&) = delete;
  CheckSource& operator=(const CheckSource&) = delete;
  virtual ~CheckSource() = default;

  // Whether it tells anything.
  virtual bool is_listening() const = 0;

  // Begins with a task, at a stop of it; once is enough.
  virtual void watch(pid_t tid) = 0;

  // The task executes a program, and had the number `former_tid` before.
  virtual void renew(pid_t tid, pid_t former_tid) = 0;

  // What was asked since the last time.
  virtual std::vector<CapabilityCheck> drain(pid_t tid) = 0;

  // The task has ended.
  virtual void forget(pid_t tid) = 0;

  // Why what it tells is not all, or is nothing, in words; empty when it is all.
  virtual std::string incomplete_because() const = 0;
};

// That there is nobody to tell, and why.
class NoCheckSource final : public CheckSource {
 public:
  explicit NoCheckSource(std::string reason) : reason_(std::move(reason)) {}

  bool is_listening() const override { return false; }
  void watch(pid_t /*tid*/) override {}
  void renew(pid_t /*tid*/, pid_t /*former_tid*/) override {}
  std::vector<CapabilityCheck> drain(pid_t /*tid*/) override { return {}; }
  void forget(pid_t /*tid*/) override {}
  std::string incomplete_because() const override { return reason_; }

 private:
  std::string reason_;
};

}  // namespace snug::tracer
