// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/signals.hpp"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "tracer/linux/forwarding.hpp"
#include "tracer/linux/relatives.hpp"

namespace snug::tracer {
namespace {

constexpr std::array kOurs{SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGTRAP, SIGABRT, SIGSYS,
                           SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGPIPE};

// The session knows the tracees too, but in another thread.
void signal_all_tracees(int signo) {
  for (const pid_t process : our_tracees()) kill(process, signo);
}

// The terminal signals its whole foreground group; only the end of a terminal it tells just the session's leader.
bool reached_our_group(const signalfd_siginfo& info) {
  if (info.ssi_code != SI_KERNEL) return false;
  if (info.ssi_signo == SIGHUP) return getsid(0) != getpid();
  return info.ssi_signo == SIGINT || info.ssi_signo == SIGQUIT || info.ssi_signo == SIGWINCH;
}

bool is_ignored(int signo) {
  struct sigaction action = {};
  return sigaction(signo, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool asks_to_end(int signo) {
  return signo == SIGHUP || signo == SIGINT || signo == SIGQUIT || signo == SIGTERM;
}

}  // namespace

bool can_wait_for(int signo) {
  return signo != SIGKILL && signo != SIGSTOP && std::ranges::find(kOurs, signo) == kOurs.end();
}

SignalForwarder::SignalForwarder(Rouser& rouser, int phase_signo) : rouser_(rouser), phase_signo_(phase_signo) {
  sigfillset(&forwarded_);
  for (const int signo : kOurs) sigdelset(&forwarded_, signo);
  sigset_t blocked = forwarded_;
  sigaddset(&blocked, SIGPIPE);  // that nobody reads what we say any more must not end the recording
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
}

SignalForwarder::~SignalForwarder() {
  rouser_.stop_listening();
  if (server_.joinable()) {
    eventfd_write(stop_, 1);
    server_.join();
    // What reached us together with the workload, and perhaps ended it, has done its work.
    for (signalfd_siginfo info{}; read(signals_, &info, sizeof(info)) == sizeof(info);) continue;
  }
  if (signals_ >= 0) close(signals_);
  if (stop_ >= 0) close(stop_);
}

Result<Done> SignalForwarder::start(pid_t command) {
  command_ = command;
  if (command == 0) {
    sigset_t stopping;
    sigemptyset(&stopping);
    for (const int signo : {SIGTSTP, SIGTTIN, SIGTTOU}) sigaddset(&stopping, signo);
    pthread_sigmask(SIG_BLOCK, &stopping, nullptr);
  }
  signals_ = signalfd(-1, &forwarded_, SFD_CLOEXEC | SFD_NONBLOCK);
  stop_ = eventfd(0, EFD_CLOEXEC);
  int failure = signals_ < 0 || stop_ < 0 ? errno : 0;
  try {
    if (failure == 0) server_ = std::thread([this] { serve(); });
  } catch (const std::system_error& error) {
    failure = error.code().value();
  }
  if (failure == 0) return Done{};
  return Error{ErrorCode::io, "cannot pass signals on to the command", strerror(failure),
               "raise 'ulimit -u' and 'ulimit -n', or free memory"};
}

void SignalForwarder::serve() {
  std::array<pollfd, 2> sources{{{signals_, POLLIN, 0}, {stop_, POLLIN, 0}}};
  while (poll(sources.data(), sources.size(), -1) < 0 || sources[1].revents == 0) {
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof(info)) != sizeof(info)) continue;
    forward(info);
  }
}

void SignalForwarder::forward(const signalfd_siginfo& info) {
  const auto signo = static_cast<int>(info.ssi_signo);
  if (signo == phase_signo_) return rouser_.wish(Wish::phase);
  if (command_ == 0) return asks_to_end(signo) ? rouser_.wish(Wish::let_go) : void();
  if (is_sent_by_workload(info)) return;
  if (command_ended_) return forward_to_descendants(signo);
  if (!reached_our_group(info)) forward_signal(command_, info);
}

void SignalForwarder::forward_to_descendants(int signo) {
  if (is_ignored(signo)) return;  // so is it by those who inherited that; blocking it made it reach us all the same
  if (!asks_to_end(signo)) return signal_all_tracees(signo);
  signal_all_tracees(asked_before_ ? SIGKILL : SIGTERM);
  asked_before_ = true;
}

}  // namespace snug::tracer
