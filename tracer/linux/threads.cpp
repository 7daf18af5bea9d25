// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/threads.hpp"

#include <pthread.h>
#include <signal.h>

#include <system_error>
#include <utility>

namespace snug::tracer {

// The mask is inherited, so that the thread has it from its very beginning.
Result<Done> start_thread(std::jthread& thread, std::function<void(const std::stop_token&)> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  Result<Done> outcome = Done{};
  try {
    thread = std::jthread(std::move(body));
  } catch (const std::system_error& error) {
    outcome =
        Error{ErrorCode::io, "cannot start a thread", error.code().message(), "raise 'ulimit -u', or free memory"};
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return outcome;
}

}  // namespace snug::tracer
