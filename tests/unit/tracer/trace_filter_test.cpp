// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/trace_filter.hpp"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include "generator/core/bpf_evaluator.hpp"
#include "tests/support/catch.hpp"
#include "tracer/core/phase_marker.hpp"
#include "tracer/core/report.hpp"

using namespace snug;
using namespace snug::tracer;

namespace {

const Filter kAllowAll{{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};

std::uint32_t decision_on(const Filter& filter, int number) {
  seccomp_data data{};
  data.nr = number;
  data.arch = AUDIT_ARCH_X86_64;
  return evaluate(filter, data).value();
}

}  // namespace

TEST_CASE("tracing everything stops at every call") {
  CHECK(decision_on(trace_everything(), 0) == (SECCOMP_RET_TRACE | kTraceMark));
  CHECK(decision_on(trace_everything(), 9999) == (SECCOMP_RET_TRACE | kTraceMark));
}

TEST_CASE("a refused call meets exactly the kernel's own action") {
  const Filter filter = understand_refusals(kAllowAll);

  CHECK(decision_on(filter, number_meaning_kill(Action::kill_process)) == SECCOMP_RET_KILL_PROCESS);
  CHECK(decision_on(filter, number_meaning_kill(Action::kill_thread)) == SECCOMP_RET_KILL_THREAD);
}

TEST_CASE("a trapped call's number comes back, of any ABI") {
  const Filter filter = understand_refusals(kAllowAll);
  const int number = GENERATE(0, 1, 471, 999, 0xf0005, 0x40000000, 0x40000000 | 520);

  CHECK(decision_on(filter, number_meaning_trap(number)) == SECCOMP_RET_TRAP);
  CHECK(trapped_call(number_meaning_trap(number)) == number);
  CHECK(trapped_call(number) == std::nullopt);
}

TEST_CASE("numbers that mean no refusal reach the filter itself") {
  const Filter filter = understand_refusals(kAllowAll);
  const int number =
      GENERATE(-1, 0, 1, 59, 471, 0x1fdf0000, 0x1fdf0003, 0x1fdfffff, 0x20000000, 0x40000000, 0x7fffffff);

  CHECK(decision_on(filter, number) == SECCOMP_RET_ALLOW);
}

TEST_CASE("only the calls that tell of a phase stop for it") {
  const Filter filter = understand_phases(kAllowAll);
  seccomp_data data{};
  data.nr = SYS_prctl;
  data.arch = audit_arch_of(native_arch());
  data.args[0] = kPhaseMarker;
  CHECK(evaluate(filter, data) == (SECCOMP_RET_TRACE | kTraceMark));

  data.args[0] = 15;  // PR_SET_NAME
  CHECK(evaluate(filter, data) == SECCOMP_RET_ALLOW);
  data.args[0] = kPhaseMarker;
  data.nr = SYS_getpid;
  CHECK(evaluate(filter, data) == SECCOMP_RET_ALLOW);
  data.nr = SYS_prctl;
  data.arch = AUDIT_ARCH_S390;
  CHECK(evaluate(filter, data) == SECCOMP_RET_ALLOW);
}
