// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/phase_marker.hpp"

#include "tests/support/catch.hpp"
#include "tracer/core/recorder.hpp"

namespace snug::tracer {
namespace {

constexpr std::uint32_t kPrctl = 157;

Call marker(std::string_view name, std::uint32_t number = kPrctl) {
  const PhaseWords words = words_of_phase(name);
  return {Arch::x86_64, number, 0, {kPhaseMarker, words[0], words[1], words[2], words[3], 0}};
}

TEST_CASE("a phase's name survives its way through a call's arguments") {
  for (const std::string name : {"s", "serving", "warm-up_2.b", "0123456789abcdef0123456789abcdef"}) {
    CHECK(is_phase_name(name));
    CHECK(phase_begun_by(marker(name)) == name);
  }
}

TEST_CASE("what cannot be a phase's name begins none") {
  for (const std::string name : {"", "two words", "caf\xc3\xa9", "0123456789abcdef0123456789abcdefg"}) {
    CHECK_FALSE(is_phase_name(name));
  }
  CHECK_FALSE(phase_begun_by(marker("two words")));
  CHECK_FALSE(phase_begun_by(marker("")));
}

TEST_CASE("only a prctl with the marker's option begins a phase") {
  Call other_option = marker("serving");
  other_option.arguments[0] = 15;

  CHECK_FALSE(phase_begun_by(other_option));
  CHECK_FALSE(phase_begun_by(marker("serving", 39)));
}

TEST_CASE("the recorder begins a marked phase, counts the marker for it, and makes it succeed") {
  Recorder recorder([] { return 0; });
  const Executable shell{"/bin/sh", "aa"};

  const Decision decision = recorder.entered({1, false, shell}, marker("load"), 0);

  CHECK(decision.succeed);
  CHECK_FALSE(decision.refuse);
  const Recording recording = recorder.recording_of("r-1", Run{});
  const Observation& observation = recording.syscalls.at({Arch::x86_64, kPrctl}).begin()->second;
  CHECK(observation.phases == std::map<std::string, std::uint64_t>{{"load", 1}});
}

}  // namespace
}  // namespace snug::tracer
