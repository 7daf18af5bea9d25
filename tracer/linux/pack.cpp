// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/pack.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace snug::tracer {
namespace {

constexpr char kOk = '+';
constexpr char kFailed = '-';

// Each text behind its length.
void add(std::string& packed, std::string_view text) {
  packed += std::to_string(text.size()) + ':';
  packed += text;
}

Error broken_off(std::string_view who, std::string_view how) {
  return {ErrorCode::io, fmt::format("cannot learn how it went: {} {}", who, how), "it was killed, perhaps", ""};
}

}  // namespace

std::string pack(const Result<Texts>& result) {
  std::string packed(1, result ? kOk : kFailed);
  if (result) {
    for (const std::string& text : *result) add(packed, text);
  } else {
    const Error& error = result.error();
    add(packed, std::to_string(static_cast<int>(error.code)));
    for (const std::string* text : {&error.what, &error.because, &error.remedy}) add(packed, *text);
  }
  return packed;
}

Result<Texts> unpack(std::string_view packed, std::string_view who) {
  if (packed.empty()) return broken_off(who, "ended without a word");
  const bool is_ok = packed.front() == kOk;
  packed.remove_prefix(1);
  Texts texts;
  while (!packed.empty()) {
    const auto colon = packed.find(':');
    const std::size_t size = colon == std::string_view::npos ? 0 : std::stoul(std::string(packed.substr(0, colon)));
    if (colon == std::string_view::npos || packed.size() - colon - 1 < size)
      return broken_off(who, "ended in the middle of its report");
    texts.emplace_back(packed.substr(colon + 1, size));
    packed.remove_prefix(colon + 1 + size);
  }
  if (is_ok) return texts;
  if (texts.size() != 4) return broken_off(who, "ended in the middle of its report");
  return Error{static_cast<ErrorCode>(std::stoi(texts[0])), texts[1], texts[2], texts[3]};
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) return;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace snug::tracer
