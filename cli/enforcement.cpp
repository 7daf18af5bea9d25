// SPDX-License-Identifier: Apache-2.0
#include "cli/enforcement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/read_options.hpp"
#include "cli/signal_names.hpp"
#include "cli/validators.hpp"
#include "generator/formats/bpf.hpp"
#include "generator/formats/format.hpp"
#include "snug/capabilities.hpp"
#include "tracer/linux/privilege.hpp"
#include "tracer/linux/unwinder.hpp"

namespace snug::cli {
namespace {

Result<CapabilitySet> capability_set(const std::vector<std::string>& names) {
  CapabilitySet set = 0;
  for (const std::string& name : names) {
    const auto number = capability_number(name);
    if (!number)
      return Error{ErrorCode::usage, fmt::format("there is no capability {}", name), "",
                   "man 7 capabilities lists them"};
    set |= CapabilitySet{1} << *number;
  }
  return set;
}

Result<tracer::Identity> identity_of(const EnforcementOptions& options) {
  tracer::Identity identity;
  if (!options.capabilities.empty()) {
    const auto read = read_options_of({.capabilities = options.capabilities, .kernel = "", .architecture = ""});
    if (!read) return read.error();
    const auto set = capability_set(read->capabilities);
    if (!set) return set.error();
    identity.capabilities = *set;
  }
  if (!options.user.empty()) {
    const auto user = tracer::find_user(options.user);
    if (!user) return user.error();
    identity.user = *user;
  }
  return identity;
}

Result<tracer::Filter> filter_of(const EnforcementOptions& options, const Profile& profile) {
  const auto compiled = options.as == "runc" ? compile_as_runc(profile, snug::Denials::traced)
                                             : compile(profile, snug::Denials::traced);
  if (!compiled) return compiled.error();
  return tracer::understand_refusals(tracer::understand_phases(*compiled));
}

// Engines add the machine's own ABI, so that the profile works, and most likely denies too much.
void warn_of_other_machines(const EnforcementOptions& options, const Profile& profile) {
  const auto& archs = profile.architectures;
  if (archs.empty() || std::ranges::find(archs, native_arch()) != archs.end()) return;
  std::vector<std::string_view> names;
  names.reserve(archs.size());
  for (const Arch arch : archs) names.push_back(name_of(arch));
  warn(fmt::format("{} is for {}, and this machine is {}: its rules hold here all the same, as in engines",
                   options.profile, fmt::join(names, ", "), name_of(native_arch())));
}

std::function<std::uint64_t()> stopwatch() {
  return [start = std::chrono::steady_clock::now()] {
    const auto elapsed = std::chrono::steady_clock::now() - start;
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count());
  };
}

}  // namespace

void add_enforcement_options(CLI::App& verb, EnforcementOptions& options) {
  verb.add_option("--profile", options.profile,
                  "The seccomp profile, in any format that convert reads; '-' is standard input")
      ->required()
      ->type_name("FILE");
  verb.add_option("--as", options.as, "As this runtime applies it: runc gives calls above the largest one ENOSYS")
      ->check(CLI::IsMember({"runc", "crun"}))
      ->option_text("runc|crun");
  verb.add_option("--user", options.user, "Run the command as this user, as docker run does")
      ->option_text("USER[:GROUP]");
  verb.add_option("--capabilities", options.capabilities,
                  "Run the command with at most these, or none; also for rules that depend on them")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->option_text("LIST");
  verb.add_flag("--no-new-privileges", options.no_new_privileges, "Let no program of it gain privilege");
  verb.add_option("--phase-signal", options.phase_signal, "This signal to snug begins the phase 'serving'")
      ->check(is_waitable_signal())
      ->option_text("SIGNAL");
  verb.add_option("--report", options.report, "Also write what was found, as JSON")->option_text("FILE");
  verb.add_option("--junit", options.junit, "Also write it as JUnit XML, one case a call")->option_text("FILE");
  verb.add_flag("-q,--quiet", options.quiet, "Print denials, warnings and errors only");
}

Result<ProfileFile> load_profile(const EnforcementOptions& options) {
  const auto reading = read_options_of({.capabilities = options.capabilities, .kernel = "", .architecture = ""});
  if (!reading) return reading.error();
  auto text = read_file(options.profile);
  if (!text) return text.error();
  auto profile = parse_any(*text, options.profile, *reading);
  if (!profile) return profile.error();
  return ProfileFile{options.profile, std::move(*text), std::move(*profile)};
}

Result<Enforced> enforce(const EnforcementOptions& options, const Profile& profile, tracer::Denied denied) {
  const auto identity = identity_of(options);
  if (!identity) return identity.error();
  const auto filter = filter_of(options, profile);
  if (!filter) return filter.error();
  warn_of_other_machines(options, profile);

  tracer::Unwinder unwinder;
  tracer::Verifier verifier({.denied = denied,
                             .elapsed_ms = stopwatch(),
                             .read_stack = [&](pid_t tid) { return unwinder.walk(tid); },
                             .telling_registers =
                                 [&](const SyscallKey& call) {
                                   return telling_registers(profile, {call.arch, call.number});
                                 }});
  tracer::Workload workload;
  workload.command = options.command;
  workload.filter = *filter;
  workload.no_new_privileges = options.no_new_privileges || !tracer::may_install_filter();
  workload.identity = *identity;
  workload.occasions.phase_signo = signal_number(options.phase_signal).value_or(0);
  workload.occasions.phase = [&] { verifier.begin_phase("serving"); };
  auto followed = tracer::follow_workload(workload, verifier);
  // A command that the profile does not let start is a denial, not a command that cannot be run.
  if (!followed && (denied == tracer::Denied::let_through || verifier.denials().empty())) return followed.error();
  Enforced enforced{verifier.denials(), std::nullopt};
  if (followed) enforced.followed = std::move(*followed);
  return enforced;
}

std::vector<Need> needs_of(const Denials& denials) {
  std::vector<Need> needs;
  for (const auto& [denial, evidence] : denials) {
    const CallId call{denial.call.arch, denial.call.number};
    if (evidence.passed_many) needs.push_back({call, evidence.arguments, true});
    for (const tracer::Registers& passed : evidence.passed) needs.push_back({call, passed, false});
  }
  std::ranges::sort(needs);
  needs.erase(std::unique(needs.begin(), needs.end()), needs.end());
  return needs;
}

}  // namespace snug::cli
