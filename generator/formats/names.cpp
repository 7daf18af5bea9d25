// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/names.hpp"

#include <fmt/format.h>

#include <cerrno>

#include "generator/formats/call_names.hpp"
#include "generator/formats/errno_names.hpp"
#include "generator/formats/lines.hpp"
#include "generator/formats/plain_verdicts.hpp"
#include "generator/formats/refusal.hpp"

namespace snug {

namespace {

constexpr std::string_view kForm = "a list of names";
constexpr Verdict kOthers{Action::fail, EPERM};

}  // namespace

Result<std::string> render_names(const Profile& profile) {
  if (profile.default_verdict != kOthers)
    return cannot_write_as(kForm,
                           fmt::format("its default is {}, and a list of names stands for SCMP_ACT_ERRNO EPERM",
                                       verdict_text(profile.default_verdict)),
                           "choose a format that names the default, such as oci");
  if (profile.architectures.size() > 1)
    return cannot_write_as(kForm, "it is for several ABIs, and a list of names is for the machine's own",
                           "choose a format that names ABIs, such as oci");
  const auto verdicts = plain_verdicts(profile, kForm);
  if (!verdicts) return verdicts.error();
  if (verdicts->empty())
    return cannot_write_as(kForm, "it allows nothing, and the list would be empty", "choose another format");

  std::string text;
  for (const auto& [name, verdict] : *verdicts) {
    if (verdict.action != Action::allow)
      return cannot_write_as(
          kForm, fmt::format("it has {} for {}, and a list names allowed calls only", verdict_text(verdict), name),
          "remove that rule, or choose a format that can say it, such as oci or systemd");
    text += name + "\n";
  }
  return text;
}

Result<Profile> parse_names(std::string_view text, std::string_view source) {
  PlainVerdicts verdicts;
  for (const Line& line : lines_of(text)) {
    const std::string_view name = trimmed(line.text.substr(0, line.text.find('#')));
    if (name.empty()) continue;
    if (!is_call_name(name))
      return cannot_use(source, fmt::format("line {} is {}, which is no system call", line.number, in_quotes(name)),
                        "write the name of one system call on each line");
    verdicts.emplace(name, Verdict{Action::allow, 0});
  }
  return Profile{kOthers, {}, rules_of(verdicts)};
}

}  // namespace snug
