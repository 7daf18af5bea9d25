// SPDX-License-Identifier: Apache-2.0
#include "generator/core/runtime_versions.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

namespace snug {

namespace {

constexpr std::string_view kDigits = "0123456789";
// What begins the part of a version that a distribution or a release candidate adds.
constexpr std::string_view kSuffixes = "+-~_";

// The numbers at the beginning of `text`; those that no runtime will ever reach are all the same.
std::vector<unsigned> numbers_of(std::string_view text) {
  std::vector<unsigned> numbers;
  for (std::string_view rest = text;; rest.remove_prefix(1)) {
    const std::size_t length = std::min(rest.find_first_not_of(kDigits), rest.size());
    if (length == 0) return numbers;
    unsigned number = std::numeric_limits<unsigned>::max();  // stays where the text says more
    std::from_chars(rest.data(), rest.data() + length, number);
    numbers.push_back(number);
    rest.remove_prefix(length);
    if (!rest.starts_with('.')) return numbers;
  }
}

std::vector<unsigned> without_final_zeros(std::vector<unsigned> numbers) {
  while (!numbers.empty() && numbers.back() == 0) numbers.pop_back();
  return numbers;
}

}  // namespace

bool is_version(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view numeric = text.substr(0, end);
  const bool suffixed = end < text.size();
  return !numeric.empty() && numeric.front() != '.' && numeric.back() != '.' &&
         numeric.find("..") == std::string_view::npos &&
         (!suffixed || kSuffixes.find(text[end]) != std::string_view::npos);
}

bool is_older(std::string_view left, std::string_view right) {
  return without_final_zeros(numbers_of(left)) < without_final_zeros(numbers_of(right));
}

bool is_within(std::string_view version, const VersionRange& range) {
  return !is_older(version, range.from) && (!range.until || is_older(version, *range.until));
}

}  // namespace snug
