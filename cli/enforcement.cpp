// SPDX-License-Identifier: Apache-2.0
#include "cli/enforcement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "cli/container_log.hpp"
#include "cli/container_recording.hpp"
#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/read_options.hpp"
#include "cli/signal_names.hpp"
#include "cli/validators.hpp"
#include "generator/formats/bpf.hpp"
#include "generator/formats/format.hpp"
#include "snug/capabilities.hpp"
#include "tracer/linux/privilege.hpp"

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

Error usage_error(std::string what, std::string because, std::string remedy) {
  return {ErrorCode::usage, std::move(what), std::move(because), std::move(remedy)};
}

// The only container of which the folder has a log and whose id begins so.
Result<std::string> find_container(const std::string& folder, const std::string& beginning) {
  const std::string ending = container_log_path("", "");
  std::vector<std::string> ids;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failure)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(beginning) && name.ends_with(ending))
      ids.push_back(name.substr(0, name.size() - ending.size()));
  }
  if (ids.size() == 1) return ids.front();
  if (std::ranges::find(ids, beginning) != ids.end()) return beginning;
  if (ids.empty()) {
    return Error{ErrorCode::bad_input, fmt::format("cannot tell of the container {}", beginning),
                 fmt::format("{} has no log of it", folder),
                 "run it with a seccomp profile under snug-runtime, with --snug-mode=watch or verify"};
  }
  return Error{ErrorCode::bad_input, fmt::format("cannot tell which container {} is", beginning),
               fmt::format("{} has logs of {} such", folder, ids.size()), "give more of its id"};
}

Result<Enforced> read_enforced(const std::string& log, tracer::Denied denied) {
  auto runs = read_container_log(log);
  if (!runs) return runs.error();
  if (runs->denied == denied) return std::move(runs->enforced);
  const bool was_verified = runs->denied == tracer::Denied::refused;
  return usage_error("cannot tell how the container would have fared otherwise",
                     fmt::format("it ran under --snug-mode={}", was_verified ? "verify" : "watch"),
                     fmt::format("snug {} --container tells", was_verified ? "verify" : "check"));
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
      ->type_name("FILE");
  verb.add_option("--container", options.container,
                  "Tell of a container that snug-runtime ran, once it has ended, instead of running a command")
      ->type_name("ID");
  verb.add_option("--output-dir", options.output_folder,
                  "Where snug-runtime wrote of it; default: as for snug hook")
      ->type_name("FOLDER");
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

Result<Done> complete(EnforcementOptions& options, std::string_view verb) {
  if (options.container.empty()) {
    if (options.command.empty())
      return usage_error(fmt::format("no command to {}", verb), "nothing stands behind '--'",
                         fmt::format("snug {} --profile FILE -- COMMAND [ARGUMENT...]", verb));
    if (!options.profile.empty()) return Done{};
    return usage_error("--profile is required", "", fmt::format("snug {} --help", verb));
  }
  if (!options.command.empty())
    return usage_error("cannot run a command in a container", "that is for its engine to do",
                       "give --container ID without a command");
  if (options.output_folder.empty()) options.output_folder = default_output_folder();
  const auto id = find_container(options.output_folder, options.container);
  if (!id) return id.error();
  options.container = container_log_path(options.output_folder, *id);
  if (options.profile.empty()) options.profile = container_profile_path(options.output_folder, *id);
  return Done{};
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

tracer::VerifierOptions verifier_options(const Profile& profile, tracer::Denied denied,
                                         tracer::Unwinder& unwinder) {
  tracer::VerifierOptions options;
  options.denied = denied;
  options.elapsed_ms = stopwatch();
  options.read_stack = [&](pid_t tid) { return unwinder.walk(tid); };
  options.telling_registers = [&](const SyscallKey& call) {
    return telling_registers(profile, {call.arch, call.number});
  };
  return options;
}

Result<Enforced> enforce(const EnforcementOptions& options, const Profile& profile, tracer::Denied denied) {
  if (!options.container.empty()) return read_enforced(options.container, denied);
  const auto identity = identity_of(options);
  if (!identity) return identity.error();
  const auto filter = filter_of(options, profile);
  if (!filter) return filter.error();
  warn_of_other_machines(options, profile);

  tracer::Unwinder unwinder;
  tracer::Verifier verifier(verifier_options(profile, denied, unwinder));
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
  Enforced enforced{options.command, verifier.denials(), std::nullopt};
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
