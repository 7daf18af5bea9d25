// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "generator/formats/format.hpp"
#include "generator/formats/kubernetes.hpp"
#include "generator/formats/lines.hpp"
#include "generator/formats/names.hpp"
#include "generator/formats/refusal.hpp"
#include "generator/formats/systemd.hpp"

namespace snug {

namespace {

enum class Content : std::uint8_t { json, yaml, pod, systemd, names, binary, other };

bool is_section(std::string_view line) {
  const auto is_letter = [](char letter) {
    return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');
  };
  return line.size() > 2 && line.front() == '[' && line.back() == ']' &&
         std::all_of(line.begin() + 1, line.end() - 1,
                     [&](char letter) { return is_letter(letter) || letter == '-'; });
}

bool is_word(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_';
  });
}

// What the first line that says anything begins, in the forms that have comments.
Content content_of(std::string_view line) {
  const std::string_view code = trimmed(line.substr(0, line.find('#')));
  if (is_section(line) || line.starts_with("SystemCall")) return Content::systemd;
  if (line.front() == '{' || line.front() == '[') return Content::json;
  if (line.starts_with("securityContext:") || line.starts_with("seccompProfile:")) return Content::pod;
  if (line == "---" || line.starts_with("%YAML") || code.find(": ") != std::string_view::npos ||
      code.ends_with(':'))
    return Content::yaml;
  return is_word(code) ? Content::names : Content::other;
}

// An empty text is told about as JSON, which most profiles are.
Content content_of_text(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return Content::binary;
  const auto lines = lines_of(text);
  if (lines.empty()) return Content::json;
  const auto is_comment = [](const Line& line) { return line.text.front() == '#' || line.text.front() == ';'; };
  const auto first = std::find_if_not(lines.begin(), lines.end(), is_comment);
  return first == lines.end() ? Content::other : content_of(first->text);
}

// A SeccompProfile may be written as JSON.
bool is_kubernetes(const nlohmann::json& document) {
  return document.is_object() && document.contains("kind") && document.contains("apiVersion");
}

Result<Profile> parse_json(std::string_view text, std::string_view source, const ReadOptions& options) {
  const auto document = nlohmann::json::parse(text, nullptr, false);
  return is_kubernetes(document) ? parse_kubernetes(document, source, options)
                                 : parse_profile(text, source, options);
}

}  // namespace

Format format_of(std::string_view text) {
  switch (content_of_text(text)) {
    case Content::json:
      return is_kubernetes(nlohmann::json::parse(text, nullptr, false)) ? Format::kubernetes : Format::oci;
    case Content::yaml:
      return Format::kubernetes;
    case Content::systemd:
      return Format::systemd;
    case Content::names:
      return Format::names;
    case Content::pod:
    case Content::binary:
    case Content::other:
      break;
  }
  return Format::oci;
}

Result<Profile> parse_any(std::string_view text, std::string_view source, const ReadOptions& options) {
  switch (content_of_text(text)) {
    case Content::json:
      return parse_json(text, source, options);
    case Content::yaml:
      return parse_kubernetes(text, source, options);
    case Content::systemd:
      return parse_systemd(text, source, options);
    case Content::names:
      return parse_names(text, source);
    case Content::pod:
      return cannot_use(source, "it is a Pod's securityContext, which names a profile and does not hold it",
                        "give the profile that localhostProfile names");
    case Content::binary:
      return cannot_use(source, "it is binary, like a compiled filter, which cannot be turned back into a profile",
                        "give what it was compiled from");
    case Content::other:
      break;
  }
  return cannot_use(source, "it is neither JSON, nor a SeccompProfile, systemd settings or a list of names",
                    "give a seccomp profile");
}

}  // namespace snug
