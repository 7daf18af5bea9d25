// SPDX-License-Identifier: Apache-2.0
#include "cli/profile_output.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "generator/core/coverage.hpp"
#include "generator/core/engine_default.hpp"
#include "generator/core/reasons.hpp"
#include "generator/formats/bpf.hpp"
#include "generator/formats/oci.hpp"
#include "generator/formats/proof.hpp"

namespace snug::cli {
namespace {

Result<Done> check_proof(const Profile& profile) {
  const auto report = prove(profile);
  if (!report) return report.error();
  if (report->holds()) return Done{};
  return Error{ErrorCode::unsupported, "cannot make a filter that does what the profile says",
               fmt::format("libseccomp gets it wrong: {}", describe(report->mismatches.front())),
               "leave out rules on arguments with --arguments=none, or install a newer libseccomp"};
}

void warn_about(const Generated& generated) {
  for (const std::string& warning : generated.warnings) warn(warning);
  auto unknown = names_unknown_to_libseccomp(generated.profile);
  std::erase_if(unknown, [&](const std::string& name) { return !generated.allowed.contains(name); });
  if (!unknown.empty()) {
    warn(fmt::format(
        "this machine's libseccomp does not know {}: a runtime that uses it gives {} the default action",
        fmt::join(unknown, ", "), unknown.size() == 1 ? "it" : "them"));
  }
}

std::string_view purpose_of(Origin origin) {
  switch (origin) {
    case Origin::observed:
      return "observed";
    case Origin::always:
      return "that every process needs";
    case Origin::floor:
      return "for the container runtime";
    case Origin::clock:
      return "to read clocks elsewhere";
    case Origin::sibling:
      return "for other libraries";
    case Origin::predicted:
      return "predicted for other ABIs";
  }
  return "";
}

void summarize(const Recording& recording, const Generated& generated, const std::string& path) {
  std::vector<std::string> parts;
  for (const auto& [origin, number] : generated.counts)
    parts.push_back(fmt::format("{} {}", number, purpose_of(origin)));
  std::string text = fmt::format(
      "{} allowed in {}, where Docker's default has {}\n{}", counted(generated.allowed.size(), "system call"),
      path == "-" ? "the profile" : path, allowed_by_docker_default(generated.profile.architectures.front()).size(),
      fmt::join(parts, ", "));
  if (const auto limited = generated.arguments.limits.size(); limited != 0)
    text += fmt::format("\n{} of them with some arguments only", limited);
  if (const auto estimated = estimate(coverage_of(recording))) text += "\n" + describe(*estimated);
  for (const Saving& saving : generated.savings)
    text += fmt::format("\n{} would remove {}", saving.choice, counted(saving.calls.size(), "call"));
  say(text);
}

// A list of names says what is allowed, and nothing of how the rest fails.
Profile without_denials(Profile profile) {
  std::erase_if(profile.rules, [](const Rule& rule) { return rule.verdict.action != Action::allow; });
  return profile;
}

Result<std::string> rendered(const Profile& profile, const ProfileOutput& output, const Reasons& reasons) {
  if (output.evidence) return render_oci(profile, &reasons);
  return render(output.format == Format::names ? without_denials(profile) : profile, output.format);
}

void explain(const Reasons& reasons) {
  std::size_t width = 0;
  for (const auto& [call, reason] : reasons) width = std::max(width, call.size());
  std::string text = "why each call is allowed:";
  for (const auto& [call, reason] : reasons) text += fmt::format("\n{:<{}}  {}", call, width, describe(reason));
  say(text);
}

}  // namespace

Result<Done> write_profile(const Recording& recording, const GenerateOptions& options,
                           const ProfileOutput& output) {
  const auto generated = generate(recording, options);
  if (!generated) return generated.error();
  if (const auto proved = check_proof(generated->profile); !proved) return proved.error();
  const Reasons reasons = reasons_of(recording, *generated);
  const auto text = rendered(generated->profile, output, reasons);
  if (!text) return text.error();
  if (const auto written = write_file(output.path, *text); !written) return written.error();

  warn_about(*generated);
  if (!output.quiet) summarize(recording, *generated, output.path);
  if (output.explain) explain(reasons);
  return Done{};
}

}  // namespace snug::cli
