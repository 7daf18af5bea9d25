// SPDX-License-Identifier: Apache-2.0
// The readers of profiles refuse what their consumers would misread, in words, and keep all of what is one: what is
// written in any form is read back as the same.
#include "generator/formats/format.hpp"
#include "tests/fuzz/expect.hpp"

using namespace snug;
using snug::fuzz::expect;

namespace {

void expect_complete(const Error& error) {
  expect(error.code == ErrorCode::bad_input, "what cannot be read or written is bad input");
  expect(!error.what.empty() && !error.because.empty() && !error.remedy.empty(), "an error says all it should");
}

void expect_same_again(const Profile& profile, Format format) {
  const auto text = render(profile, format);
  if (!text) return expect_complete(text.error());
  const auto again = parse_any(*text, "rendered");
  expect(bool{again}, "what was rendered can be read");
  const auto text_again = render(*again, format);
  expect(bool{text_again}, "and rendered again");
  expect(*text_again == *text, "and is the same, down to its bytes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto profile = parse_any({reinterpret_cast<const char*>(data), size}, "input");
  if (!profile) {
    expect_complete(profile.error());
    return 0;
  }

  expect_same_again(*profile, Format::oci);
  for (Rule& rule : profile->rules) rule.comment.clear();  // the other forms do not give them back
  for (const Format format : {Format::kubernetes, Format::systemd, Format::names})
    expect_same_again(*profile, format);
  return 0;
}
