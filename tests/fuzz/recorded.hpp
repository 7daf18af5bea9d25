// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "snug/recording.hpp"
#include "tests/fuzz/expect.hpp"
#include "tracer/core/recorder.hpp"
#include "tracer/core/session.hpp"

namespace snug::fuzz {

// What a recorder that was shown a session kept of it, which is held to reading back as it was written.
inline Recording recorded(const tracer::Session& session, const tracer::Recorder& recorder) {
  Run run;
  run.command = {"command"};
  run.host.arch = Arch::x86_64;
  run.accounting = session.accounting();
  run.accounting.calls = recorder.calls();
  const auto doubts = session.final_doubts();
  run.incomplete_because.assign(doubts.begin(), doubts.end());
  const Recording recording = recorder.recording_of("r-0000000000000000", run);
  auto read_back = parse_recording(render(recording), "itself");
  expect(bool{read_back}, "a recording can be read");
  expect(*read_back == recording, "a recording reads as it was written");
  return recording;
}

}  // namespace snug::fuzz
