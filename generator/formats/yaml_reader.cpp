// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/yaml_reader.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "generator/formats/refusal.hpp"

namespace snug {

namespace {

using Json = nlohmann::json;

// A scalar without quotation marks. JSON's own rules tell what is a number, which leaves out what only YAML takes
// for one, such as 0x10.
Json plain_value(const std::string& text) {
  if (text.empty() || text == "~") return nullptr;
  Json value = Json::parse(text, nullptr, false);
  const bool scalar = !value.is_discarded() && value.is_primitive() && !value.is_string();
  return scalar ? value : Json(text);
}

// Thrown out of yaml-cpp's parser, which knows no other way to stop.
struct Stop {
  YAML::Mark mark;
  std::string because;
};

// Builds the tree of one document from yaml-cpp's events. These, rather than its nodes, tell where an alias stands:
// a few lines of aliases of aliases would become a tree that fills the memory.
class TreeBuilder final : public YAML::EventHandler {
 public:
  Json take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(mark, nullptr); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Stop{mark, "an alias, which snug does not follow"};
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& text) override {
    const bool is_key = !open_.empty() && open_.back()->is_object() && !keys_.back();
    if (is_key)
      take_key(mark, text);
    else
      add(mark, tag == "?" ? plain_value(text) : Json(text));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    begin(mark, Json::array());
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    begin(mark, Json::object());
  }
  void OnMapEnd() override { end(); }

 private:
  void take_key(const YAML::Mark& mark, const std::string& key) {
    if (open_.back()->contains(key)) throw Stop{mark, fmt::format("the key {} for a second time", in_quotes(key))};
    keys_.back() = key;
  }

  // Puts a value where the next one belongs; where it is now.
  Json* add(const YAML::Mark& mark, Json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    Json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    if (!keys_.back()) throw Stop{mark, "a key that is no text"};
    Json& place = parent[*keys_.back()] = std::move(value);
    keys_.back().reset();
    return &place;
  }

  void begin(const YAML::Mark& mark, Json empty) {
    constexpr std::size_t kDeepest = 64;
    if (open_.size() == kDeepest) throw Stop{mark, "more levels than any profile has"};
    open_.push_back(add(mark, std::move(empty)));
    keys_.emplace_back();
  }

  void end() {
    open_.pop_back();
    keys_.pop_back();
  }

  Json root_;
  std::vector<Json*> open_;                       // what has begun and not ended, from the outside in
  std::vector<std::optional<std::string>> keys_;  // of each, the key whose value comes next
};

Error error_at(const YAML::Mark& mark, std::string_view source, std::string_view because) {
  return cannot_use(source, fmt::format("line {}, column {}: {}", mark.line + 1, mark.column + 1, because),
                    "restore the file, or write it again");
}

}  // namespace

Result<Json> parse_yaml(std::string_view text, std::string_view source) try {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  TreeBuilder first;
  TreeBuilder second;
  if (!parser.HandleNextDocument(first)) return Json(nullptr);
  if (parser.HandleNextDocument(second))
    return cannot_use(source, "it holds several YAML documents", "give one SeccompProfile at a time");
  return first.take();
} catch (const Stop& stop) {
  return error_at(stop.mark, source, stop.because);
} catch (const YAML::Exception& exception) {
  return error_at(exception.mark, source, "this is not YAML");
}

}  // namespace snug
