// SPDX-License-Identifier: Apache-2.0
#include "cli/denial_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/denial_json.hpp"
#include "cli/denial_words.hpp"
#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/status.hpp"

namespace snug::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "snug.verification/1";

Json exit_json(const Enforced& enforced) {
  return enforced.followed ? exit_to_json(enforced.followed->exit) : Json(nullptr);
}

Json change_json(const std::optional<ProfileChange>& change) {
  if (!change) return nullptr;
  return {{"effect", change->effect}, {"patch", change->patch}, {"note", change->note}};
}

// As text or attribute. What XML 1.0 has no place for is shown as a question mark.
std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\n':
        safe += "&#10;";
        break;
      default:
        safe += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e ? '?' : c;
    }
  }
  return safe;
}

std::string failure(std::string_view message, std::string_view text) {
  return fmt::format("    <failure message=\"{}\">{}</failure>\n", escaped(message), escaped(text));
}

std::string test_case(const std::string& verb, std::string_view name, const std::string& body) {
  const std::string head = fmt::format("  <testcase classname=\"snug.{}\" name=\"{}\"", verb, escaped(name));
  return body.empty() ? head + "/>\n" : head + ">\n" + body + "  </testcase>\n";
}

std::string command_failure(const Enforced& enforced) {
  if (!enforced.followed) return failure("not started", "the profile does not let the command start");
  const int status = workload_status(enforced.followed->exit);
  return status == 0 ? "" : failure(fmt::format("status {}", status), "the command failed");
}

}  // namespace

std::string render_verification(const Verification& verification) {
  const EnforcementOptions& options = *verification.options;
  Json json{{"schema", kSchema},
            {"verb", verification.verb},
            {"profile", options.profile},
            {"as", options.as},
            {"command", verification.enforced->command},
            {"exit", exit_json(*verification.enforced)}};
  json["not_compared"] = Json::array();
  if (const auto& followed = verification.enforced->followed) {
    for (const std::string& doubt : followed->doubts) json["not_compared"].push_back(doubt);
  }
  json["denials"] = Json::array();
  for (const auto& [denial, evidence] : verification.denials)
    json["denials"].push_back(denial_to_json(denial, evidence));
  json["change"] = change_json(verification.change);
  if (verification.verb == "check") json["unseen"] = verification.unseen;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string render_junit(const Verification& verification) {
  const bool is_check = verification.verb == "check";
  std::string cases;
  for (const auto& [denial, evidence] : verification.denials) {
    const std::string text = is_check ? describe_new_call(denial, evidence) : describe_denial(denial, evidence);
    const std::string name = fmt::format("{} by {}", words_for(denial.call), denial.executable);
    cases += test_case(verification.verb, name, failure(is_check ? "new" : fate_of(denial.verdict), text));
  }
  for (const std::string& name : verification.unseen)
    cases += test_case(verification.verb, name + " is no longer called", failure("unseen", "no recording has it"));
  const std::string command = command_failure(*verification.enforced);
  cases += test_case(verification.verb, "the command", command);

  const std::size_t failures =
      verification.denials.size() + verification.unseen.size() + static_cast<std::size_t>(!command.empty());
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"snug {} {}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\">\n{}</testsuite>\n",
      verification.verb, escaped(verification.options->profile),
      verification.denials.size() + verification.unseen.size() + 1, failures, cases);
}

Result<Done> write_reports(const Verification& verification) {
  const EnforcementOptions& options = *verification.options;
  if (!options.report.empty()) {
    if (const auto written = write_file(options.report, render_verification(verification)); !written)
      return written.error();
  }
  if (options.junit.empty()) return Done{};
  return write_file(options.junit, render_junit(verification));
}

Result<Done> check_reports(const EnforcementOptions& options, const std::string& changed_profile) {
  std::vector<std::string> taken{options.profile};
  for (const std::string& path : {options.report, options.junit, changed_profile}) {
    if (path.empty() || is_stream(path)) continue;
    for (const std::string& other : taken) {
      const bool is_meant = other == options.profile && path == changed_profile;
      if (!is_meant && is_same_file(path, other))
        return Error{ErrorCode::usage, fmt::format("cannot write to {}", path), fmt::format("{} is it too", other),
                     "choose different files"};
    }
    if (const auto writable = check_writable(path); !writable) return writable.error();
    taken.push_back(path);
  }
  return Done{};
}

}  // namespace snug::cli
