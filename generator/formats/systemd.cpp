// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/systemd.hpp"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "generator/formats/errno_names.hpp"
#include "generator/formats/plain_verdicts.hpp"
#include "generator/formats/refusal.hpp"
#include "generator/formats/systemd_names.hpp"

namespace snug {

namespace {

constexpr std::string_view kForm = "systemd settings";

// An allow list in systemd silently holds the group @default as well. Only after the first assignment has made the
// list one of allowed calls can the group be taken out again.
constexpr std::string_view kAllowNothing =
    "# systemd adds @default to every list of allowed calls; what is not listed below is not to be allowed.\n"
    "SystemCallFilter=@default\n"
    "SystemCallFilter=~@default\n";

bool can_say(const Verdict& verdict) {
  return verdict.action == Action::allow || verdict.action == Action::fail ||
         verdict.action == Action::kill_process;
}

std::optional<Error> refusal_of(const Verdict& default_verdict, const PlainVerdicts& verdicts) {
  constexpr std::string_view kOnly = "systemd can only allow a call, fail it or kill the process";
  constexpr std::string_view kRemedy = "use SCMP_ACT_ALLOW, SCMP_ACT_ERRNO or SCMP_ACT_KILL_PROCESS there";
  if (!can_say(default_verdict))
    return cannot_write_as(kForm, fmt::format("its default is {}, and {}", verdict_text(default_verdict), kOnly),
                           std::string(kRemedy));
  if (default_verdict == Verdict{Action::fail, 0})
    return cannot_write_as(kForm, "its default is to fail with errno 0, and SystemCallErrorNumber= begins at 1",
                           "use 1 (EPERM), 38 (ENOSYS) or another errno");
  for (const auto& [name, verdict] : verdicts)
    if (!can_say(verdict))
      return cannot_write_as(kForm, fmt::format("it has {} for {}, and {}", verdict_text(verdict), name, kOnly),
                             std::string(kRemedy));
  return std::nullopt;
}

// What stands for a denial in systemd: an errno, or "kill".
std::string denial_text(const Verdict& verdict) {
  return verdict.action == Action::kill_process ? "kill" : errno_text(verdict.errno_value);
}

// Assigns the words to a setting that adds up, on as many lines as it takes.
std::string assignments(std::string_view begin, const std::vector<std::string>& words) {
  constexpr std::size_t kWidth = 100;
  std::string text;
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty() && line.size() + 1 + word.size() > kWidth) text += std::exchange(line, "") + "\n";
    line += line.empty() ? fmt::format("{}{}", begin, word) : fmt::format(" {}", word);
  }
  return line.empty() ? text : text + line + "\n";
}

std::string filter_text(const PlainVerdicts& verdicts) {
  std::string text;
  for (const auto& [verdict, names] : names_by_verdict(verdicts)) {
    std::vector<std::string> words(names.begin(), names.end());
    const bool allowed = verdict.action == Action::allow;
    if (!allowed)
      for (std::string& word : words) word += ":" + denial_text(verdict);
    text += assignments(allowed ? "SystemCallFilter=" : "SystemCallFilter=~", words);
  }
  return text;
}

std::string architectures_text(const std::vector<Arch>& archs) {
  std::vector<std::string> names;
  names.reserve(archs.size());
  for (const Arch arch : archs) names.emplace_back(systemd_name_of(arch));
  if (names.empty()) names.emplace_back("native");
  return assignments("SystemCallArchitectures=", names);
}

}  // namespace

// [Service]
// SystemCallFilter=                      what the unit said before is forgotten
// SystemCallFilter=…                     allowed calls, where the default denies
// SystemCallFilter=~clone3:ENOSYS …      calls with a denial of their own
// SystemCallErrorNumber=EPERM            the default; "kill" for killing the process
// SystemCallArchitectures=
// SystemCallArchitectures=x86-64 …       "native" where the profile names none
Result<std::string> render_systemd(const Profile& profile) {
  const auto verdicts = plain_verdicts(profile, kForm);
  if (!verdicts) return verdicts.error();
  if (const auto refusal = refusal_of(profile.default_verdict, *verdicts)) return *refusal;

  const bool denies = profile.default_verdict.action != Action::allow;
  std::string text = "[Service]\nSystemCallFilter=\n";
  if (denies) text += kAllowNothing;
  text += filter_text(*verdicts);
  if (denies) text += fmt::format("SystemCallErrorNumber={}\n", denial_text(profile.default_verdict));
  return text + "SystemCallArchitectures=\n" + architectures_text(profile.architectures);
}

}  // namespace snug
