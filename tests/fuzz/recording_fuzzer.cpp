// SPDX-License-Identifier: Apache-2.0
// The reader of recordings refuses what is none, in words, and keeps all of what is one.
#include "snug/recording.hpp"
#include "tests/fuzz/expect.hpp"

using namespace snug;
using snug::fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = parse_recording({reinterpret_cast<const char*>(data), size}, "input");
  if (!read) {
    const Error& error = read.error();
    expect(error.code == ErrorCode::bad_input, "what cannot be read is bad input");
    expect(!error.what.empty() && !error.because.empty() && !error.remedy.empty(), "an error says all it should");
    return 0;
  }

  const std::string text = render(*read);
  const auto read_again = parse_recording(text, "rendered");
  expect(bool{read_again}, "what was rendered can be read");
  expect(*read_again == *read, "and is the same");
  expect(render(*read_again) == text, "down to its bytes");
  expect(merge(*read, *read) == *read, "a recording merged with itself is itself");
  return 0;
}
