// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <set>

#include "cli/denial_report.hpp"
#include "cli/denial_words.hpp"
#include "cli/enforcement.hpp"
#include "cli/messages.hpp"
#include "cli/profile_change.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"

namespace snug::cli {
namespace {

struct VerifyOptions : EnforcementOptions {
  std::string fix;  // where to write the changed profile; empty: nowhere
};

// What the profile says is merely to be logged is made all the same.
Denials denied_in(const Denials& denials) {
  Denials denied = denials;
  std::erase_if(denied, [](const auto& entry) { return entry.first.verdict.action == Action::log; });
  return denied;
}

void warn_of_gaps(const Enforced& enforced) {
  if (!enforced.followed) return;
  for (const std::string& reason : enforced.followed->doubts) warn(reason);
}

// Denials are results, not chatter: `quiet` does not silence them.
void report(const VerifyOptions& options, const Enforced& enforced, const Denials& denied) {
  for (const auto& [denial, evidence] : enforced.denials) say(describe_denial(denial, evidence));
  warn_of_gaps(enforced);
  if (denied.empty()) {
    if (!options.quiet) say(fmt::format("{} denied nothing", options.profile));
    return;
  }
  std::set<SyscallKey> calls;
  for (const auto& [denial, evidence] : denied) calls.insert(denial.call);
  say(fmt::format("{} denied {}", options.profile, counted(calls.size(), "system call")));
}

Result<int> verify(VerifyOptions& options) {
  if (const auto completed = complete(options, "verify"); !completed) return completed.error();
  if (const auto checked = check_reports(options, options.fix); !checked) return checked.error();
  const auto file = load_profile(options);
  if (!file) return file.error();
  const auto enforced = enforce(options, file->profile, tracer::Denied::refused);
  if (!enforced) return enforced.error();

  Verification verification{"verify", &options, &*enforced, denied_in(enforced->denials), std::nullopt};
  report(options, *enforced, verification.denials);
  if (!verification.denials.empty()) {
    const auto change = change_for(*file, verification.denials);
    if (change) verification.change = *change;
    if (!change) warn(fmt::format("{}: {}", change.error().what, change.error().because));
    if (change && !options.quiet) tell_change(*change);
  }
  if (const auto written = write_reports(verification); !written) return written.error();
  if (!options.fix.empty()) {
    if (const auto written = write_changed(*file, verification.denials, options.fix); !written)
      return written.error();
  }
  return verification.denials.empty() ? workload_status(enforced->followed->exit) : kDenied;
}

}  // namespace

void add_verify(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* const verb =
      app.add_subcommand("verify", "Run a command under a profile and name everything it denies");
  show_usage(
      *verb,
      "snug verify --profile FILE [OPTIONS] -- COMMAND [ARGUMENT...]\n       snug verify --container ID [OPTIONS]");
  add_enforcement_options(*verb, *options);
  verb->add_option("--fix", options->fix, "Write the profile, with what was denied allowed; may be the same file")
      ->option_text("FILE");
  verb->footer(
      "Denied calls fail, or kill, exactly as the profile says; allowed ones run at full speed.\n\n"
      "Exit status: the command's own (128+N when signal N killed it); 3 when anything was denied; 4 when\n"
      "a container's log is incomplete; 125 when snug failed, 126 when the command cannot be run, 127 when it "
      "does\n"
      "not exist.");
  verb->callback([options, &invocation] {
    options->command = invocation.workload;
    const auto status = verify(*options);
    if (!status) complain(status.error());
    invocation.status = status ? *status : verification_status(status.error());
  });
}

}  // namespace snug::cli
