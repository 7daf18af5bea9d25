// SPDX-License-Identifier: Apache-2.0
// The reader of profiles refuses what engines would misread, in words, and keeps all of what is one.
#include "generator/formats/oci.hpp"
#include "tests/fuzz/expect.hpp"

using namespace snug;
using snug::fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = parse_profile({reinterpret_cast<const char*>(data), size}, "input");
  if (!read) {
    const Error& error = read.error();
    expect(error.code == ErrorCode::bad_input, "what cannot be read is bad input");
    expect(!error.what.empty() && !error.because.empty() && !error.remedy.empty(), "an error says all it should");
    return 0;
  }

  const std::string text = render_oci(*read);
  const auto read_again = parse_profile(text, "rendered");
  expect(bool{read_again}, "what was rendered can be read");
  expect(render_oci(*read_again) == text, "and is the same, down to its bytes");
  return 0;
}
