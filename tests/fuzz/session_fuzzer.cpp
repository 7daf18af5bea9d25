// SPDX-License-Identifier: Apache-2.0
// Reports of any kind in any order, which no kernel would make: the session lives through them all, answers each
// once, and calls nothing complete whose books do not balance.
#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <limits>

#include "tests/fuzz/recorded.hpp"
#include "tests/support/scripted_kernel.hpp"
#include "tracer/core/verifier.hpp"

using namespace snug;
using namespace snug::tracer;
using namespace snug::fuzz;

namespace {

constexpr pid_t kCommand = 100;
constexpr std::array<std::uint64_t, 10> kNumbers{39, 56, 57, 59, 101, 157, 317, 435, 999, 0x40000027};
constexpr std::array<std::uint32_t, 4> kArchs{AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, 7};

pid_t tid_from(FuzzedDataProvider& bytes) {
  return kCommand + bytes.ConsumeIntegralInRange(0, 4);
}

// The kernel calls a result failed exactly when it is an errno.
SyscallInfo info_from(FuzzedDataProvider& bytes) {
  SyscallInfo info;
  info.operation = static_cast<SyscallInfo::Operation>(bytes.ConsumeIntegralInRange(0, 2));
  info.audit_arch = bytes.PickValueInArray(kArchs);
  info.number = bytes.ConsumeBool() ? bytes.PickValueInArray(kNumbers) : bytes.ConsumeIntegral<std::uint64_t>();
  for (auto& argument : info.arguments) argument = bytes.ConsumeIntegralInRange<std::uint64_t>(0, 32);
  info.result =
      bytes.ConsumeBool() ? bytes.ConsumeIntegralInRange(-4095, 4) : bytes.ConsumeIntegral<std::int64_t>();
  info.failed = info.result < 0 && info.result >= -4095;
  info.filter_data = bytes.ConsumeIntegral<std::uint16_t>();
  return info;
}

int status_from(FuzzedDataProvider& bytes) {
  switch (bytes.ConsumeIntegralInRange(0, 4)) {
    case 0:
      return bytes.ConsumeIntegral<std::uint8_t>() << 8;
    case 1:
      return bytes.ConsumeIntegralInRange(1, 64);
    case 2:
      return script::stopped_by(SIGTRAP | 0x80);
    case 3:
      return script::stopped_by(bytes.ConsumeIntegralInRange(1, 64));
    default:
      return script::stopped_by(bytes.ConsumeBool() ? SIGTRAP : SIGSTOP,
                                bytes.ConsumeBool() ? PTRACE_EVENT_STOP : bytes.ConsumeIntegralInRange(1, 7));
  }
}

WaitReport report_from(FuzzedDataProvider& bytes) {
  WaitReport report = script::report(tid_from(bytes), status_from(bytes));
  report.event_tid.reset();
  if (bytes.ConsumeBool()) report.event_tid = tid_from(bytes);
  if (bytes.ConsumeBool()) report.syscall = info_from(bytes);
  if (bytes.ConsumeBool()) report.executable = Executable{"/program/" + std::to_string(tid_from(bytes)), ""};
  if (bytes.ConsumeBool()) report.birth_kind = bytes.ConsumeBool() ? BirthKind::process : BirthKind::thread;
  report.privilege_withheld = bytes.ConsumeBool();
  return report;
}

void play(FuzzedDataProvider& bytes, Session& session) {
  while (bytes.remaining_bytes() != 0) {
    const WaitReport report = report_from(bytes);
    const Resume order = session.handle(report);
    const bool has_ended = (report.status & 0xff) != 0x7f;
    expect(order.tid == report.tid, "the order is for the task that stopped");
    expect((order.until == Resume::Until::never) == has_ended, "every stopped task goes on");
  }
  const Accounting books = session.accounting();
  expect(books.tasks_born >= books.tasks_gone + session.alive(), "whoever is alive or gone was born");
  expect(books.tasks_born == books.tasks_gone || !session.final_doubts().empty(), "who is missing is missed");
  expect(books.syscall_stops <= books.stops, "a syscall stop is a stop");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider bytes(data, size);
  const StopMode mode = bytes.ConsumeBool() ? StopMode::seccomp : StopMode::syscall;
  if (bytes.ConsumeBool()) {
    Verifier verifier;
    Session session(kCommand, mode, verifier);
    play(bytes, session);
  } else {
    Recorder recorder([] { return std::uint64_t{0}; });
    Session session(kCommand, mode, recorder);
    play(bytes, session);
    recorded(session, recorder);
  }
  return 0;
}
