// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace snug::tracer {

// Keeps the tracer on the CPU of the task it traces, where a stop costs a quarter of what it costs across CPUs.
//
// The scheduler wakes a resumed tracee on an idle CPU, away from the tracer that still runs. A thread of the class
// SCHED_IDLE does not count as running, though: pinned to the tracee's CPU, the tracer is preempted the moment it
// resumes the tracee and goes on the moment that stops. Nothing about the workload is touched. Such a thread
// starves wherever somebody else computes, so it is done only while nobody does, and a watchdog ends it at once
// otherwise. Needs CAP_SYS_NICE, without which there is no way back from SCHED_IDLE; the pacer then does nothing.
class Pacer {
 public:
  // For the calling thread, which is the tracer.
  Pacer();
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;
  ~Pacer();

  // Whether the next report should be looked for without waiting first, to learn whether it is there already.
  bool is_close() const { return close_; }

  // It was not: the tracee does not run where we do.
  void missed() { ++misses_; }

  // `tid` has stopped at a call.
  void stopped(pid_t tid) {
    if (enabled_ && stops_.fetch_add(1, std::memory_order_relaxed) % kStopsARound == 0) look_around(tid);
  }

 private:
  using Clock = std::chrono::steady_clock;

  static constexpr unsigned kStopsARound = 64;

  void look_around(pid_t tid);
  void approach(pid_t tid);
  void follow(pid_t tid);
  void withdraw(bool with_penalty);
  void watch(const std::stop_token& stop);

  pid_t tracer_;
  cpu_set_t allowed_{};  // the tracer's CPUs, before enabled_, whose initialization reads them
  bool enabled_;
  std::atomic<unsigned> stops_ = 0;
  Clock::time_point round_began_ = Clock::now();
  unsigned quiet_rounds_ = 0;  // in a row, in which nobody else wanted a CPU
  unsigned loud_rounds_ = 0;
  unsigned misses_ = 0;
  unsigned bad_rounds_ = 0;

  std::mutex mutex_;  // guards what follows, and the tracer's scheduling itself
  std::condition_variable_any approached_;
  std::atomic<bool> close_ = false;
  Clock::time_point close_since_;
  Clock::time_point not_before_;
  Clock::duration backoff_{};
  std::jthread watchdog_;
};

}  // namespace snug::tracer
