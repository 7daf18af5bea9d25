// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/lint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "cli/files.hpp"
#include "cli/lint_text.hpp"
#include "cli/messages.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"
#include "generator/formats/oci.hpp"
#include "tracer/linux/filter_dump.hpp"

namespace snug::cli {
namespace {

struct LintOptions {
  std::string file;
  std::string format = "text";
  std::string runtime = "all";
  int pid = 0;
  bool strict = false;
};

// What is looked at, in words, and what there is to say about it.
struct Linted {
  std::string subject;
  LintReport report;
};

std::set<Runtime> runtimes_of(const LintOptions& options) {
  if (options.runtime == "runc") return {Runtime::runc};
  if (options.runtime == "crun") return {Runtime::crun};
  return {Runtime::runc, Runtime::crun};
}

// A profile is text. Filters of BPF have a zero among their first bytes, since no instruction's code needs two.
bool is_program(std::string_view content) {
  return content.substr(0, sizeof(sock_filter)).find('\0') != std::string_view::npos;
}

Result<Linted> lint_program(const std::string& content, const std::string& file) {
  const auto program = parse_program(content, file);
  if (!program) return program.error();
  return Linted{fmt::format("filter {}, {}", file, counted(program->size(), "instruction")),
                lint_filters({*program})};
}

Result<Linted> lint_file(const LintOptions& options) {
  const auto content = read_file(options.file);
  if (!content) return content.error();
  if (is_program(*content)) return lint_program(*content, options.file);

  const auto profile = parse_profile(*content, options.file);
  if (!profile) return profile.error();
  auto report = lint(*profile, runtimes_of(options));
  if (!report) return report.error();
  return Linted{fmt::format("profile {}", options.file), std::move(*report)};
}

Result<Linted> lint_process(pid_t pid) {
  const auto filters = tracer::dump_filters(pid);
  if (!filters) return filters.error();
  return Linted{fmt::format("process {} under {}", pid, counted(filters->size(), "filter")),
                lint_filters(*filters)};
}

std::optional<Error> misuse(const LintOptions& options) {
  if (options.file.empty() == (options.pid == 0))
    return Error{ErrorCode::usage, "nothing to lint, or two things", "give either a file or --pid",
                 "snug lint FILE, or snug lint --pid PID"};
  if (options.pid != 0 && options.runtime != "all")
    return Error{ErrorCode::usage, "--runtime goes with a profile only",
                 "the filters of a process are what its runtime has made", "leave --runtime out"};
  return std::nullopt;
}

Result<Done> print(const LintOptions& options, const Linted& linted) {
  const std::string text = options.format == "json"
                               ? render_lint(linted.report, linted.subject)
                               : render_text(linted.report, linted.subject, runtimes_of(options));
  return write_file("-", text);
}

int run_lint(const LintOptions& options) {
  if (const auto error = misuse(options)) return complain(*error), kBadInput;
  const auto linted = options.pid != 0 ? lint_process(options.pid) : lint_file(options);
  if (!linted) return complain(linted.error()), kBadInput;
  const auto printed = print(options, *linted);
  if (!printed) return complain(printed.error()), kBadInput;
  return options.strict && has_warnings(linted->report) ? kFindings : kSuccess;
}

}  // namespace

void add_lint(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<LintOptions>();
  CLI::App* const verb = app.add_subcommand("lint", "Tell what a profile, or a process's filters, really do");
  verb->add_option("FILE", options->file, "A profile, or a filter of BPF instructions; '-' is standard input");
  verb->add_option("-p,--pid", options->pid, "Look at the filters that this process is under; as root")
      ->check(CLI::PositiveNumber)
      ->type_name("PID");
  verb->add_flag("--strict", options->strict, "Exit with 1 when there are warnings or errors");
  verb->add_option("--runtime", options->runtime, "Who will install the profile: runc, crun or all of them")
      ->check(CLI::IsMember({"runc", "crun", "all"}))
      ->type_name("RUNTIME");
  verb->add_option("--format", options->format, "How to say it: text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
  verb->footer(
      "Exit status: 0; 1 with --strict when there are warnings or errors; 2 when the profile cannot be read or\n"
      "used by engines, or the process's filters cannot be read.");
  verb->callback([options, &invocation] { invocation.status = run_lint(*options); });
}

}  // namespace snug::cli
