// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snug/result.hpp"

namespace snug {

// A place in a JSON document: what stands there and how to get there, e.g. "syscalls[3].args[0].index". `value` is
// null where nothing stands, or JSON's null, which container engines read as nothing.
struct JsonPlace {
  const nlohmann::json* value = nullptr;
  std::string path;

  explicit operator bool() const { return value != nullptr; }
};

// Reads a document whose types are known beforehand. The first thing found wrong is kept as `problem` and reading
// goes on with harmless values, so that callers ask once, at the end.
class JsonReader {
 public:
  // `what` heads every Error, e.g. "cannot use the profile nginx.json".
  explicit JsonReader(std::string what) : what_(std::move(what)) {}

  // The document in `text`, or the Error with the line and column where it stops being JSON.
  Result<nlohmann::json> parse(std::string_view text) const;

  JsonPlace member(const JsonPlace& object, std::string_view key);
  std::vector<JsonPlace> elements(const JsonPlace& list);
  std::string text(const JsonPlace& place);
  std::vector<std::string> texts(const JsonPlace& list);
  std::uint64_t number(const JsonPlace& place);

  // Notes that `place` is wrong; `because` completes the sentence that the path begins.
  void reject(const JsonPlace& place, std::string_view because, std::string_view remedy);

  const std::optional<Error>& problem() const { return problem_; }

 private:
  Error error(std::string because, std::string_view remedy) const;
  void expect(const JsonPlace& place, std::string_view kind);

  std::string what_;
  std::optional<Error> problem_;
};

}  // namespace snug
