// SPDX-License-Identifier: Apache-2.0
// Whatever a kernel that keeps its promises does: nobody is lost, and what was called is what is recorded.
#include "tests/fuzz/lawful_kernel.hpp"
#include "tests/fuzz/recorded.hpp"

using namespace snug;
using namespace snug::tracer;
using namespace snug::fuzz;

namespace {

LawfulKernel::Calls calls_of(const Recording& recording) {
  LawfulKernel::Calls calls;
  for (const auto& [key, observations] : recording.syscalls) {
    for (const auto& [where, observation] : observations) {
      calls[{recording.executables.at(where.second).path, key.number}] = observation.count;
    }
  }
  return calls;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider choices(data, size);
  const StopMode mode = choices.ConsumeBool() ? StopMode::seccomp : StopMode::syscall;
  LawfulKernel kernel(choices, mode);
  Recorder recorder([] { return std::uint64_t{0}; });
  Session session(kCommand, mode, recorder);

  follow(kernel, session, {});

  const Accounting books = session.accounting();
  expect(session.command_ended(), "the command ended");
  expect(books.tasks_born == kernel.born(), "every birth is known");
  expect(books.tasks_gone == kernel.born(), "every end is known");
  expect(session.alive() == 0, "nobody is left");
  expect(session.final_doubts().empty(), "nothing was missed");
  expect(calls_of(recorded(session, recorder)) == kernel.calls(), "every call is recorded");
  return 0;
}
