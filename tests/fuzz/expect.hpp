// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace snug::fuzz {

// Ends the fuzzer, which then keeps the input, unless `fact` holds.
inline void expect(bool fact, std::string_view sentence) {
  if (fact) return;
  std::fprintf(stderr, "not so: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
  std::abort();
}

}  // namespace snug::fuzz
