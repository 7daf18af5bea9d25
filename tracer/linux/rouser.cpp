// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/rouser.hpp"

#include <condition_variable>
#include <mutex>

#include "tracer/linux/threads.hpp"

namespace snug::tracer {
namespace {

constexpr std::chrono::milliseconds kPatience{2};

void do_nothing(int) {}

}  // namespace

Rouser::Rouser() {
  struct sigaction action = {};
  action.sa_handler = do_nothing;
  action.sa_flags = SA_NOCLDSTOP;  // no SA_RESTART: it is there to interrupt
  sigaction(SIGCHLD, &action, &former_action_);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  pthread_sigmask(SIG_UNBLOCK, &child, &former_mask_);
}

Rouser::~Rouser() {
  sigaction(SIGCHLD, &former_action_, nullptr);
}

// One signal is not enough: it may come just before the thread begins to wait.
void Rouser::wish(Wish wish, const std::stop_token& stop) {
  const auto bit = static_cast<unsigned>(wish);
  wishes_ |= bit;
  while (is_listening_ && !stop.stop_requested() && (wishes_ & bit) != 0) {
    pthread_kill(tracing_thread_, SIGCHLD);
    std::this_thread::sleep_for(kPatience);
  }
}

Result<Done> Timer::start(Rouser& rouser, Wish wish, std::chrono::milliseconds period) {
  if (period.count() == 0) return Done{};
  return start_thread(thread_, [&rouser, wish, period](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any sleep;
    std::unique_lock lock(mutex);
    while (!sleep.wait_for(lock, stop, period, [&] { return stop.stop_requested(); })) rouser.wish(wish, stop);
  });
}

}  // namespace snug::tracer
