// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/pacer.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace snug::tracer {
namespace {

using namespace std::chrono_literals;

constexpr auto kHotStop = 40us;        // stops that follow each other faster than this are worth it
constexpr auto kWatchdogTick = 2ms;    // of the order of the scheduler's own tick
constexpr auto kFirstBackoff = 100ms;  // shorter ones cost servers under load a third of their throughput
constexpr auto kLongestBackoff = 3200ms;
constexpr unsigned kRoundsToDecide = 3;
constexpr unsigned kMissesTolerated = 16;
constexpr unsigned kBadRoundsTolerated = 3;

bool set_policy(pid_t thread, int policy) {
  const sched_param none{};
  return sched_setscheduler(thread, policy, &none) == 0;
}

// In a thread of its own, since a failure to come back would last.
bool may_come_back_from_idle() {
  bool may = false;
  try {
    std::thread([&] { may = set_policy(0, SCHED_IDLE) && set_policy(0, SCHED_OTHER); }).join();
  } catch (const std::system_error&) {
    return false;
  }
  return may;
}

// The fourth field of /proc/loadavg begins with the number of runnable threads, us included.
bool nobody_else_runs() {
  std::ifstream file("/proc/loadavg");
  double load = 0;
  int running = 0;
  file >> load >> load >> load >> running;
  return file && running <= 1;
}

// The fields of /proc/TID/stat from the third on, behind the name in parentheses, which may hold blanks.
std::string stat_fields(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(") ");
  return name_end == std::string::npos ? "" : line.substr(name_end + 2);
}

// Field 39, the CPU that the task last ran on.
std::optional<unsigned> cpu_of(pid_t tid) {
  const std::string fields = stat_fields(fmt::format("/proc/{}/stat", tid));
  std::size_t begin = 0;
  for (int field = 3; field < 39; ++field) {
    begin = fields.find(' ', begin);
    if (begin++ == std::string::npos) return std::nullopt;
  }
  return static_cast<unsigned>(std::stoul(fields.substr(begin)));
}

bool pin(pid_t thread, unsigned cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  return sched_setaffinity(thread, sizeof(one), &one) == 0;
}

}  // namespace

Pacer::Pacer()
    : tracer_(gettid()),
      enabled_(sched_getscheduler(0) == SCHED_OTHER && sched_getaffinity(0, sizeof(allowed_), &allowed_) == 0 &&
               may_come_back_from_idle()) {}

Pacer::~Pacer() {
  watchdog_ = {};
  withdraw(false);
}

void Pacer::look_around(pid_t tid) {
  const auto now = Clock::now();
  const auto a_stop = (now - std::exchange(round_began_, now)) / kStopsARound;
  const bool quiet = nobody_else_runs();
  quiet_rounds_ = quiet ? quiet_rounds_ + 1 : 0;
  loud_rounds_ = quiet ? 0 : loud_rounds_ + 1;
  const unsigned misses = std::exchange(misses_, 0);
  if (!close_) {
    if (quiet_rounds_ >= kRoundsToDecide && a_stop < kHotStop && now > not_before_) approach(tid);
    return;
  }
  if (loud_rounds_ >= kRoundsToDecide) return withdraw(false);
  bad_rounds_ = misses > kMissesTolerated ? bad_rounds_ + 1 : 0;
  if (bad_rounds_ > kBadRoundsTolerated) return withdraw(true);
  if (bad_rounds_ != 0) follow(tid);
}

void Pacer::approach(pid_t tid) {
  const auto cpu = cpu_of(tid);
  const std::lock_guard guard(mutex_);
  if (!cpu || !CPU_ISSET(*cpu, &allowed_)) return;
  try {
    if (!watchdog_.joinable()) watchdog_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
  } catch (const std::system_error&) {
    enabled_ = false;  // without its watchdog it is not safe
    return;
  }
  bad_rounds_ = 0;
  close_since_ = Clock::now();
  close_ = true;
  pin(tracer_, *cpu);
  set_policy(tracer_, SCHED_IDLE);
  approached_.notify_one();
}

void Pacer::follow(pid_t tid) {
  const auto cpu = cpu_of(tid);
  const std::lock_guard guard(mutex_);
  if (close_ && cpu && CPU_ISSET(*cpu, &allowed_)) pin(tracer_, *cpu);
}

void Pacer::withdraw(bool with_penalty) {
  const std::lock_guard guard(mutex_);
  if (!close_) return;
  close_ = false;
  set_policy(tracer_, SCHED_OTHER);
  sched_setaffinity(tracer_, sizeof(allowed_), &allowed_);
  if (!with_penalty) return;
  const auto now = Clock::now();
  const bool starts_anew = backoff_ == Clock::duration{} || now - close_since_ > 500ms;
  backoff_ =
      starts_anew ? Clock::duration{kFirstBackoff} : std::min<Clock::duration>(2 * backoff_, kLongestBackoff);
  not_before_ = now + backoff_;
}

// Sleeps while the tracer is a normal thread. While it is not, it must make progress, tick by tick: otherwise the
// workload rests, and being close gains nothing, or somebody else computes, and the tracer starves.
void Pacer::watch(const std::stop_token& stop) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  const std::string own_stat = fmt::format("/proc/self/task/{}/stat", tracer_);
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!approached_.wait(lock, stop, [this] { return close_.load(); })) return;
    }
    const unsigned before = stops_.load(std::memory_order_relaxed);
    std::this_thread::sleep_for(kWatchdogTick);
    if (stops_.load(std::memory_order_relaxed) - before >= kStopsARound) continue;
    withdraw(!stat_fields(own_stat).starts_with('S'));
  }
}

}  // namespace snug::tracer
