// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <vector>

#include "generator/formats/call_names.hpp"
#include "generator/formats/errno_names.hpp"
#include "generator/formats/lines.hpp"
#include "generator/formats/plain_verdicts.hpp"
#include "generator/formats/refusal.hpp"
#include "generator/formats/systemd.hpp"
#include "generator/formats/systemd_names.hpp"
#include "snug/verdict_code.hpp"

namespace snug {

namespace {

constexpr Verdict kAllow{Action::allow, 0};
constexpr Verdict kKill{Action::kill_process, 0};

struct Setting {
  std::size_t line = 0;
  std::string key;
  std::string value;
};

// The assignments of a unit file. A backslash at its end continues a line, past comments (systemd.syntax(7)).
std::vector<Setting> settings_of(std::string_view text) {
  std::vector<Setting> settings;
  bool continued = false;
  for (const Line& line : lines_of(text)) {
    if (line.text.front() == '#' || line.text.front() == ';') continue;
    const bool continues = line.text.back() == '\\';
    const std::string_view piece = trimmed(line.text.substr(0, line.text.size() - (continues ? 1 : 0)));
    if (continued) {
      settings.back().value += fmt::format(" {}", piece);
    } else {
      const std::size_t equals = std::min(piece.find('='), piece.size());
      settings.push_back({line.number, std::string(trimmed(piece.substr(0, equals))),
                          std::string(trimmed(piece.substr(std::min(equals + 1, piece.size()))))});
    }
    continued = continues;
  }
  return settings;
}

class SystemdReader {
 public:
  SystemdReader(std::string_view source, const ReadOptions& options) : source_(source), options_(options) {}

  Result<Profile> read(std::string_view text) {
    bool found = false;
    for (const Setting& setting : settings_of(text)) {
      line_ = setting.line;
      found |= setting.key.starts_with("SystemCall");
      take(setting);
      if (problem_) return *problem_;
    }
    if (!found) return cannot_use(source_, "it has no SystemCallFilter=", "give a unit file that filters calls");
    return profile();
  }

 private:
  void take(const Setting& setting) {
    if (setting.key == "SystemCallFilter") take_filter(setting.value);
    if (setting.key == "SystemCallErrorNumber") take_default_denial(setting.value);
    if (setting.key == "SystemCallArchitectures") take_architectures(setting.value);
    if (setting.key == "SystemCallLog" && !setting.value.empty())
      reject("has SystemCallLog=, which adds a second filter", "remove it, and use SCMP_ACT_LOG in another format");
  }

  // The first assignment after an empty one decides whether the list is one of allowed or of denied calls.
  void take_filter(std::string_view value) {
    if (value.empty()) {
      allows_listed_.reset();
      listed_.clear();
      return;
    }
    const bool inverted = value.front() == '~';
    if (inverted) value.remove_prefix(1);
    if (!allows_listed_) {
      allows_listed_ = !inverted;
      if (*allows_listed_) take_group(std::nullopt, inverted);
    }
    for (const std::string_view word : words_of(value)) take_word(word, inverted);
  }

  void take_word(std::string_view word, bool inverted) {
    const std::size_t colon = word.find(':');
    const std::string_view name = word.substr(0, colon);
    std::optional<Verdict> own;
    if (colon != std::string_view::npos) {
      own = denial_at(word.substr(colon + 1), 0);
      if (!inverted)
        reject(fmt::format("allows {} with an errno, and systemd ignores such words", in_quotes(word)),
               "begin the list with ~, or remove the errno");
    }
    if (name == "@default") return take_group(own, inverted);
    if (name.starts_with('@'))
      return reject(
          fmt::format("names the group {}, whose calls depend on the version of systemd", in_quotes(name)),
          "write out what 'systemd-analyze syscall-filter' lists for it");
    if (!is_call_name(name))
      return reject(fmt::format("names {}, which is no system call; systemd ignores such names", in_quotes(name)),
                    "correct or remove the name");
    take_call(std::string(name), own, inverted);
  }

  void take_group(const std::optional<Verdict>& own, bool inverted) {
    for (const std::string_view name : systemd_default_group())
      if (is_call_name(name)) take_call(std::string(name), own, inverted);
  }

  void take_call(const std::string& name, const std::optional<Verdict>& own, bool inverted) {
    if (inverted != *allows_listed_ || own)
      listed_[name] = own;
    else
      listed_.erase(name);
  }

  void take_default_denial(std::string_view value) {
    default_denial_ = value.empty() ? kKill : denial_at(value, 1);
  }

  void take_architectures(std::string_view value) {
    if (value.empty()) {
      archs_.reset();
      names_other_than_native_ = false;
    }
    for (const std::string_view name : words_of(value)) {
      if (!archs_) archs_.emplace();
      const auto arch = name == "native" ? options_.native : arch_of_systemd_name(name);
      if (arch && std::find(archs_->begin(), archs_->end(), *arch) == archs_->end()) archs_->push_back(*arch);
      names_other_than_native_ |= name != "native";
      if (!arch && !is_other_systemd_arch(name))
        reject(fmt::format("names {}, which is no architecture", in_quotes(name)),
               "use names such as x86-64, x86 or arm64");
    }
  }

  // An errno from `smallest` on, by number or name, or "kill".
  Verdict denial_at(std::string_view text, unsigned smallest) {
    if (text == "kill") return kKill;
    if (const auto named = errno_named(text)) return {Action::fail, *named};
    unsigned number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, number);
    if (failure == std::errc{} && stop == end && number >= smallest && number <= kLargestErrno)
      return {Action::fail, static_cast<std::uint16_t>(number)};
    reject(fmt::format("has {} for an errno", in_quotes(text)),
           fmt::format("use a name such as EPERM, a number from {} to {}, or kill", smallest, kLargestErrno));
    return kKill;
  }

  Profile profile() const {
    Profile profile;
    const bool allows_listed = allows_listed_.value_or(false);
    profile.default_verdict = allows_listed ? default_denial_ : kAllow;
    PlainVerdicts verdicts;
    for (const auto& [name, own] : listed_)
      verdicts.emplace(name, own.value_or(allows_listed ? kAllow : default_denial_));
    profile.rules = rules_of(verdicts);
    if (!archs_) profile.architectures = family_of(options_.native);
    if (names_other_than_native_ && archs_) profile.architectures = *archs_;
    return profile;
  }

  void reject(std::string_view because, std::string remedy) {
    if (!problem_) problem_ = cannot_use(source_, fmt::format("line {} {}", line_, because), std::move(remedy));
  }

  std::string_view source_;
  const ReadOptions& options_;
  std::size_t line_ = 0;
  std::optional<bool> allows_listed_;
  std::map<std::string, std::optional<Verdict>> listed_;
  Verdict default_denial_ = kKill;
  std::optional<std::vector<Arch>> archs_;
  bool names_other_than_native_ = false;
  std::optional<Error> problem_;
};

}  // namespace

Result<Profile> parse_systemd(std::string_view text, std::string_view source, const ReadOptions& options) {
  return SystemdReader(source, options).read(text);
}

}  // namespace snug
