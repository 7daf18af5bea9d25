// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>
#include <sys/signalfd.h>
#include <sys/types.h>

#include <atomic>
#include <thread>

#include "snug/result.hpp"
#include "tracer/linux/rouser.hpp"

namespace snug::tracer {

// Whether a signal can be taken as a message to us.
bool can_wait_for(int signo);

// Passes the signals that are sent to us on to the workload, so that it behaves as if it had been started without
// us, while we live on to write the recording. Ours alone are the faults of our own code, the news about children,
// and what job control is about.
//
// What the terminal sends (Ctrl-C) reaches the workload by itself, since it shares our process group, and is not
// sent a second time; nor is what the workload sends to that group itself. Once the command has ended, signals go
// to all of its descendants that are left; one that asks to end asks them with SIGTERM, since shells start
// background jobs with SIGINT ignored, and the second such signal kills them.
//
// A process that we attached to is none of ours: signals that ask us to end ask to let it go, and no other reaches
// it. Ctrl-Z does nothing then: it would stop us, and the process with us at its next call.
class SignalForwarder {
 public:
  // Blocks the signals in the calling thread. To be made before the workload is launched. `phase_signo` is not
  // passed on: it wishes for the next phase; 0 for none.
  explicit SignalForwarder(Rouser& rouser, int phase_signo = 0);
  SignalForwarder(const SignalForwarder&) = delete;
  SignalForwarder& operator=(const SignalForwarder&) = delete;
  // Stops forwarding. The signals stay blocked: what comes now must not tear the writing of the recording.
  ~SignalForwarder();

  // For a command that we launched, or one that we attached to. Errors: io, when there is no room for another
  // thread or file.
  Result<Done> start(pid_t command);
  Result<Done> start_attached() { return start(0); }
  void command_ended() { command_ended_ = true; }

 private:
  void serve();
  void forward(const signalfd_siginfo& info);
  void forward_to_descendants(int signo);

  Rouser& rouser_;
  int phase_signo_;
  sigset_t forwarded_{};
  pid_t command_ = 0;  // 0 when we attached to it
  int signals_ = -1;   // signalfd
  int stop_ = -1;      // eventfd
  std::atomic<bool> command_ended_ = false;
  bool asked_before_ = false;
  std::thread server_;
};

}  // namespace snug::tracer
