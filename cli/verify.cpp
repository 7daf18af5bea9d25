// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>

#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"
#include "generator/formats/bpf.hpp"
#include "generator/formats/format.hpp"
#include "snug/syscalls.hpp"
#include "tracer/core/verifier.hpp"
#include "tracer/linux/privilege.hpp"
#include "tracer/linux/unwinder.hpp"
#include "tracer/linux/workload.hpp"

namespace snug::cli {
namespace {

struct VerifyOptions {
  std::vector<std::string> command;
  std::string profile;
  bool quiet = false;
};

using Denials = std::map<tracer::Denial, tracer::DenialEvidence>;

std::string fate(const Verdict& verdict) {
  switch (verdict.action) {
    case Action::fail: {
      const char* const name = strerrorname_np(verdict.errno_value);
      return fmt::format("failed with {}", name != nullptr ? name : std::to_string(verdict.errno_value));
    }
    case Action::trap:
      return "SIGSYS";
    case Action::kill_thread:
      return "killed the thread";
    case Action::kill_process:
      return "killed the process";
    case Action::trace:
    case Action::notify:
      return "failed with ENOSYS";
    case Action::log:
    case Action::allow:
      break;
  }
  return "logged and allowed";
}

std::string name_of_call(const SyscallKey& call) {
  const auto name = syscall_name(call.arch, call.number);
  return name ? std::string{*name} : fmt::format("number {}", call.number);
}

std::string describe(const tracer::Denial& denial, const tracer::DenialEvidence& evidence) {
  const std::string abi = denial.call.arch == native_arch() ? "" : fmt::format(" ({})", name_of(denial.call.arch));
  const std::string who = evidence.launching ? "starting the command" : denial.executable;
  return fmt::format("{:<18} {}, {}, by {} (first process {})", name_of_call(denial.call) + abi,
                     fate(denial.verdict), counted(evidence.count, "time"), who, evidence.first_tid);
}

// The innermost frames, with their files' names: "unshare (libc.so.6) < worker (server)".
std::string called_from(const Stack& stack) {
  constexpr std::size_t kShown = 4;
  std::vector<std::string> frames;
  for (const Frame& frame : stack.frames) {
    const std::string file = std::filesystem::path(frame.object).filename();
    frames.push_back(frame.symbol.empty() ? fmt::format("{}+{:#x}", file, frame.offset)
                                          : fmt::format("{} ({})", frame.symbol, file));
    if (frames.size() == kShown) break;
  }
  return fmt::format("{}", fmt::join(frames, " < "));
}

bool is_denied(const tracer::Denial& denial) {
  return denial.verdict.action != Action::log;
}

// Denials are results, not chatter: `quiet` does not silence them.
void report(const VerifyOptions& options, const Denials& denials) {
  std::set<SyscallKey> denied;
  for (const auto& [denial, evidence] : denials) {
    if (is_denied(denial)) denied.insert(denial.call);
    std::string text = describe(denial, evidence);
    if (!evidence.launching && !evidence.stack.frames.empty()) text += "\n  from " + called_from(evidence.stack);
    say(text);
  }
  if (denied.empty()) {
    if (!options.quiet) say(fmt::format("{} denied nothing", options.profile));
    return;
  }
  say(
      fmt::format("{} denied {}; where the workload is right to make them, record it again:\n"
                  "snug trace --append --profile {} -- {}",
                  options.profile, counted(denied.size(), "system call"), shell_line({options.profile}),
                  shell_line(options.command)));
}

Result<tracer::Filter> read_filter(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  const auto profile = parse_any(*text, path);
  if (!profile) return profile.error();
  const auto compiled = compile(*profile, snug::Denials::traced);
  if (!compiled) return compiled.error();
  return tracer::understand_refusals(*compiled);
}

Result<int> verify(const VerifyOptions& options) {
  if (options.command.empty()) {
    return Error{ErrorCode::usage, "no command to verify", "nothing stands behind '--'",
                 "snug verify --profile FILE -- COMMAND [ARGUMENT...]"};
  }
  const auto filter = read_filter(options.profile);
  if (!filter) return filter.error();

  tracer::Unwinder unwinder;
  tracer::Verifier verifier([&](pid_t tid) { return unwinder.walk(tid); });
  tracer::Workload workload;
  workload.command = options.command;
  workload.filter = *filter;
  workload.no_new_privileges = !tracer::may_install_filter();
  const auto followed = tracer::follow_workload(workload, verifier);
  const Denials& denials = verifier.denials();
  const bool denied =
      std::any_of(denials.begin(), denials.end(), [](const auto& entry) { return is_denied(entry.first); });
  // A command that the profile does not let start is a denial, not a command that cannot be run.
  if (!followed && !denied) return followed.error();
  report(options, denials);
  if (followed) {
    for (const std::string& reason : followed->doubts) warn(reason);
  }
  return denied ? kDenied : workload_status(followed->exit);
}

}  // namespace

void add_verify(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* const verb =
      app.add_subcommand("verify", "Run a command under a profile and name everything it denies");
  show_usage(*verb, "snug verify --profile FILE -- COMMAND [ARGUMENT...]");
  verb->add_option("--profile", options->profile,
                   "The seccomp profile, in any format that convert reads; '-' is standard input")
      ->required()
      ->type_name("FILE");
  verb->add_flag("-q,--quiet", options->quiet, "Print denials, warnings and errors only");
  verb->footer(
      "Denied calls fail, or kill, exactly as the profile says; allowed ones run at full speed.\n\n"
      "Exit status: the command's own (128+N when signal N killed it); 3 when anything was denied; 125 when snug\n"
      "failed, 126 when the command cannot be run, 127 when it does not exist.");
  verb->callback([options, &invocation] {
    options->command = invocation.workload;
    const auto status = verify(*options);
    if (!status) complain(status.error());
    invocation.status = status ? *status : tracer_status(status.error());
  });
}

}  // namespace snug::cli
