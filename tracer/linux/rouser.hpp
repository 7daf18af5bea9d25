// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stop_token>
#include <thread>

#include "snug/result.hpp"

namespace snug::tracer {

// What another thread of ours may want of the one that traces.
enum class Wish : std::uint8_t { checkpoint = 1, phase = 2, let_go = 4 };

// Gets the thread that traces, which is the one that makes this, out of waitpid(2), and tells it what is wanted.
//
// Meanwhile SIGCHLD has a handler, for the death of a tracee and for wishes, but not for each stop (SA_NOCLDSTOP);
// a SIGCHLD that was ignored before would also have kept the ends of our children from us.
class Rouser {
 public:
  Rouser();
  Rouser(const Rouser&) = delete;
  Rouser& operator=(const Rouser&) = delete;
  ~Rouser();

  // What SIGCHLD did before and what was blocked, which are the workload's.
  const struct sigaction& former_action() const { return former_action_; }
  const sigset_t& former_mask() const { return former_mask_; }

  // From another thread: returns when the tracing thread has heard it, or listens no more, or `stop` is requested.
  void wish(Wish wish, const std::stop_token& stop = {});

  // From the tracing thread. take() forgets what it returns: the Wish bits.
  bool is_wanted() const { return wishes_.load(std::memory_order_relaxed) != 0; }
  unsigned take() { return wishes_.exchange(0); }
  void stop_listening() { is_listening_ = false; }

 private:
  pthread_t tracing_thread_ = pthread_self();
  struct sigaction former_action_ = {};
  sigset_t former_mask_{};
  std::atomic<unsigned> wishes_ = 0;
  std::atomic<bool> is_listening_ = true;
};

inline bool includes(unsigned wishes, Wish wish) {
  return (wishes & static_cast<unsigned>(wish)) != 0;
}

// Wishes something again and again, until it is destroyed.
class Timer {
 public:
  // Every `period`; never, if that is zero. Errors: io, when there is no room for another thread.
  Result<Done> start(Rouser& rouser, Wish wish, std::chrono::milliseconds period);

 private:
  std::jthread thread_;
};

}  // namespace snug::tracer
