// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/lawful_kernel.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/expect.hpp"
#include "tests/support/scripted_kernel.hpp"

namespace snug::fuzz {
namespace {

constexpr std::uint32_t kFork = 57;
constexpr std::uint32_t kClone = 56;
constexpr std::uint32_t kVfork = 58;
constexpr std::uint32_t kExecve = 59;
constexpr std::uint32_t kExit = 60;
constexpr std::uint32_t kExitGroup = 231;
constexpr std::array<std::uint32_t, 9> kNumbers{39, 1, 999, kFork, kClone, kVfork, kExecve, kExit, kExitGroup};

// Few, so that ids come again soon.
constexpr pid_t kTids = 12;

void tell(const WaitReport& report, const Resume& order) {
  std::fprintf(stderr, "%d: status %#x", report.tid, static_cast<unsigned>(report.status));
  if (report.event_tid) std::fprintf(stderr, ", about %d", *report.event_tid);
  if (report.syscall) std::fprintf(stderr, ", call %llu", static_cast<unsigned long long>(report.syscall->number));
  std::fprintf(stderr, "; resume %d\n", static_cast<int>(order.until));
}

Executable program(const std::string& path) {
  return {path, ""};
}

}  // namespace

LawfulKernel::LawfulKernel(FuzzedDataProvider& choices, StopMode mode) : choices_(choices), mode_(mode) {
  Body command{.tid = kCommand, .process = kCommand, .phase = Phase::user, .executable = "/launcher"};
  command.launching = true;
  bodies_.emplace(kCommand, command);
}

News LawfulKernel::wait() {
  while (!bodies_.empty()) {
    if (choices_.remaining_bytes() == 0) {
      for (const auto& [tid, body] : std::map(bodies_)) kill(body.process, SIGKILL);
    }
    if (Body* const body = next()) {
      if (const Step told = move(*body)) {
        told_ = *told;
        left_.erase(told->tid);
        return *told;
      }
    }
  }
  return Over{};
}

void LawfulKernel::resume(const Resume& order) {
  const int status = told_.status;
  if (std::getenv("SNUG_FUZZ_STORY") != nullptr) tell(told_, order);
  const bool has_signal = WIFSTOPPED(status) && WSTOPSIG(status) == SIGUSR1;
  expect(order.tid == told_.tid, "the order is for the task that stopped");
  expect((order.until == Resume::Until::never) == !WIFSTOPPED(status), "every stopped task goes on");
  expect(order.signo == (has_signal ? SIGUSR1 : 0), "signals arrive, and only these");
  expect(!order.refuse, "a recorder refuses nothing");
  const auto found = bodies_.find(order.tid);
  if (found == bodies_.end()) return;
  found->second.until = order.until;
  if (order.until != Resume::Until::ended) return;
  expect(status >> 16 == PTRACE_EVENT_EXIT, "only who ends is left to its parent");
  expect(found->second.process == order.tid && order.tid != kCommand, "which others than us wait for");
  left_.insert(order.tid);
}

// Somebody who can move. There always is: the last thread of a process waits for nobody.
LawfulKernel::Body* LawfulKernel::next() {
  std::vector<Body*> able;
  for (auto& [tid, body] : bodies_) {
    if (can_move(body)) able.push_back(&body);
  }
  return able[choices_.ConsumeIntegralInRange<std::size_t>(0, able.size() - 1)];
}

// A leader's end is told last of its threads'; an exec by another thread waits for all but the leader to be gone.
bool LawfulKernel::can_move(const Body& body) const {
  if (body.phase != Phase::zombie && body.phase != Phase::exec_wait) return true;
  if (body.phase == Phase::zombie && body.tid != body.process) return true;
  return !has_other_threads(body);
}

bool LawfulKernel::has_other_threads(const Body& body) const {
  return std::any_of(bodies_.begin(), bodies_.end(), [&](const auto& entry) {
    const Body& other = entry.second;
    const bool is_waiting_leader =
        body.phase == Phase::exec_wait && other.tid == other.process && other.phase == Phase::zombie;
    return other.process == body.process && other.tid != body.tid && !is_waiting_leader;
  });
}

LawfulKernel::Step LawfulKernel::move(Body& body) {
  switch (body.phase) {
    case Phase::arriving:
    case Phase::listening:
      return arrive(body);
    case Phase::user:
      return act(body);
    case Phase::entered:
      return meet_filter(body);
    case Phase::executing:
      return execute(body);
    case Phase::birth:
      return announce(body);
    case Phase::exec_wait:
      return finish_exec(body);
    case Phase::exec_stop:
      return tell_exec(body);
    case Phase::returning:
      return leave(body);
    case Phase::ending:
      return begin_end(body);
    case Phase::zombie:
      return bury(body);
  }
  return std::nullopt;
}

LawfulKernel::Step LawfulKernel::arrive(Body& body) {
  WaitReport report = script::arrived(body.tid, program(body.executable));
  body.phase = Phase::user;
  if (is_killed_before_it_is_asked(body)) report.executable.reset();
  return report;
}

LawfulKernel::Step LawfulKernel::act(Body& body) {
  switch (choices_.ConsumeIntegralInRange(0, 9)) {
    case 0:
      return script::signalled(body.tid, SIGUSR1);
    case 1:
      body.phase = Phase::listening;
      return script::group_stopped(body.tid, SIGSTOP);
    case 2:
      kill(body.process, SIGKILL);
      return std::nullopt;
    default:
      return enter(body);
  }
}

LawfulKernel::Step LawfulKernel::enter(Body& body) {
  body.number = choices_.PickValueInArray(kNumbers);
  if (body.launching && body.number != kExecve) body.number = kNumbers[0];
  body.phase = Phase::entered;
  if (body.until != Resume::Until::next_boundary) return meet_filter(body);
  return show_call(body, script::entered(body.tid, body.number));
}

LawfulKernel::Step LawfulKernel::meet_filter(Body& body) {
  body.phase = Phase::executing;
  if (mode_ == StopMode::syscall) return std::nullopt;
  const bool shown = body.until == Resume::Until::next_boundary;
  WaitReport report = script::filtered(body.tid, body.number);
  if (!shown) return show_call(body, report);
  if (is_killed_before_it_is_asked(body)) report.syscall.reset();
  return report;
}

WaitReport LawfulKernel::show_call(Body& body, WaitReport report) {
  if (is_killed_before_it_is_asked(body)) {
    report.syscall.reset();
  } else if (!body.launching) {
    ++calls_[{body.executable, body.number}];
  }
  return report;
}

LawfulKernel::Step LawfulKernel::execute(Body& body) {
  switch (body.number) {
    case kFork:
    case kVfork:
      return bear(body, false);
    case kClone:
      return bear(body, choices_.ConsumeBool());
    case kExecve:
      return begin_exec(body);
    case kExit:
      end(body, choices_.ConsumeIntegral<std::uint8_t>() << 8);
      return std::nullopt;
    case kExitGroup:
      kill(body.process, choices_.ConsumeIntegral<std::uint8_t>() << 8);
      return std::nullopt;
    default:
      body.phase = Phase::returning;
      return std::nullopt;
  }
}

LawfulKernel::Step LawfulKernel::bear(Body& body, bool thread) {
  body.phase = Phase::returning;
  body.partner = free_tid();
  if (body.partner == 0) return std::nullopt;
  body.phase = Phase::birth;
  Body child{.tid = body.partner, .process = thread ? body.process : body.partner, .executable = body.executable};
  bodies_.emplace(child.tid, child);
  held_.insert(child.tid);
  ++born_;
  return std::nullopt;
}

LawfulKernel::Step LawfulKernel::announce(Body& body) {
  const int event = body.number == kFork    ? PTRACE_EVENT_FORK
                    : body.number == kVfork ? PTRACE_EVENT_VFORK
                                            : PTRACE_EVENT_CLONE;
  WaitReport report = script::born(body.tid, event, body.partner);
  if (const auto child = bodies_.find(body.partner); child != bodies_.end()) {
    const bool is_thread = child->second.process == body.process;
    report.birth_kind = is_thread ? BirthKind::thread : BirthKind::process;
  }
  body.phase = Phase::returning;
  if (is_killed_before_it_is_asked(body)) report.event_tid.reset();
  held_.erase(body.partner);
  if (report.event_tid) left_.erase(*report.event_tid);
  return report;
}

LawfulKernel::Step LawfulKernel::begin_exec(Body& body) {
  body.phase = choices_.ConsumeBool() ? Phase::exec_wait : Phase::returning;  // or it fails
  if (body.phase == Phase::returning) return std::nullopt;
  for (auto& [tid, other] : bodies_) {
    if (other.process == body.process && tid != body.tid) end(other, SIGKILL);
  }
  return std::nullopt;
}

// The kernel buries the former leader itself, and tells nobody. The id that the thread had comes again only much
// later.
LawfulKernel::Step LawfulKernel::finish_exec(Body& body) {
  Body renamed = body;
  renamed.phase = Phase::exec_stop;
  renamed.partner = body.tid;
  renamed.tid = body.process;
  bodies_.erase(renamed.partner);
  if (renamed.partner != renamed.tid) held_.insert(renamed.partner);
  bodies_.insert_or_assign(renamed.tid, renamed);
  return std::nullopt;
}

LawfulKernel::Step LawfulKernel::tell_exec(Body& body) {
  if (choices_.ConsumeIntegralInRange(0, 7) == 1) return fail_exec(body);
  body.executable = "/program/" + std::to_string(choices_.ConsumeIntegralInRange(0, 3));
  body.launching = false;
  body.phase = Phase::returning;
  WaitReport report = script::executed(body.tid, body.partner, program(body.executable));
  if (is_killed_before_it_is_asked(body)) {
    report.executable.reset();
    report.event_tid.reset();
  }
  return report;
}

// The program turns out to be broken when there is no way back.
LawfulKernel::Step LawfulKernel::fail_exec(Body& body) {
  end(body, SIGSEGV);
  if (body.until != Resume::Until::next_boundary) return std::nullopt;
  return script::returned(body.tid, -EINVAL);
}

LawfulKernel::Step LawfulKernel::leave(Body& body) {
  body.phase = Phase::user;
  if (body.until != Resume::Until::next_boundary) return std::nullopt;
  const bool bore = body.number == kFork || body.number == kVfork || body.number == kClone;
  return script::returned(body.tid, bore && body.partner != 0 ? body.partner : -EAGAIN);
}

LawfulKernel::Step LawfulKernel::begin_end(Body& body) {
  body.phase = Phase::zombie;
  return script::report(body.tid, script::stopped_by(SIGTRAP, PTRACE_EVENT_EXIT));
}

LawfulKernel::Step LawfulKernel::bury(Body& body) {
  const WaitReport report = script::report(body.tid, body.end);
  bodies_.erase(report.tid);
  if (left_.erase(report.tid) != 0) return std::nullopt;
  return report;
}

void LawfulKernel::kill(pid_t process, int status) {
  for (auto& [tid, body] : bodies_) {
    if (body.process == process) end(body, status);
  }
}

// Who is killed once more while it ends may not stop for that.
void LawfulKernel::end(Body& body, int status) {
  if (body.phase == Phase::zombie) return;
  if (body.phase == Phase::birth) held_.erase(body.partner);
  const bool once_more = body.phase == Phase::ending || choices_.ConsumeIntegralInRange(0, 15) == 1;
  body.phase = once_more ? Phase::zombie : Phase::ending;
  body.end = status;
}

// A task can be killed between its stop and the tracer's question about it, which then has no answer.
bool LawfulKernel::is_killed_before_it_is_asked(Body& body) {
  if (choices_.ConsumeIntegralInRange(0, 15) != 1) return false;
  kill(body.process, SIGKILL);
  return true;
}

// 0 when all are in use. A process's id is in use as long as any of its threads lives.
pid_t LawfulKernel::free_tid() {
  for (pid_t tried = 0; tried < kTids; ++tried) {
    latest_tid_ = kCommand + (latest_tid_ - kCommand + 1) % kTids;
    const bool is_taken = std::any_of(bodies_.begin(), bodies_.end(), [&](const auto& entry) {
      return entry.first == latest_tid_ || entry.second.process == latest_tid_;
    });
    if (!is_taken && !held_.contains(latest_tid_)) return latest_tid_;
  }
  return 0;
}

}  // namespace snug::fuzz
