// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/recordings.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"
#include "generator/formats/explanation.hpp"
#include "generator/formats/format.hpp"
#include "snug/capabilities.hpp"

namespace snug::cli {
namespace {

struct ExplainOptions {
  std::vector<std::string> recordings;
  std::string call;
  std::string capability;
  std::string executable;
  std::string object;  // as --library names it
  std::string profile;
  std::string format = "text";

  bool wants_json() const { return format == "json"; }
};

Error unknown(const std::string& what, const std::string& because, const std::string& remedy) {
  return {ErrorCode::bad_input, what, because, remedy};
}

// A link leads to what the kernel says that runs.
std::string target_of(const std::string& path) {
  std::error_code missing;
  const auto target = std::filesystem::canonical(path, missing);
  return missing || path.find('/') == std::string::npos ? path : target.string();
}

Result<std::string> explain_calls(const ExplainOptions& options, const Recording& recording,
                                  const std::vector<CallExplanation>& calls) {
  std::optional<Profile> profile;
  if (!options.profile.empty()) {
    const auto text = read_file(options.profile);
    if (!text) return text.error();
    auto parsed = parse_any(*text, options.profile);
    if (!parsed) return parsed.error();
    profile = std::move(*parsed);
  }
  const Profile* const shown = profile ? &*profile : nullptr;
  return options.wants_json() ? explain_json(calls, recording, shown) : explain_text(calls, recording, shown);
}

Result<std::string> explain_call(const ExplainOptions& options, const Recording& recording,
                                 const Explainer& explainer) {
  const auto calls = explainer.call(options.call);
  if (calls.empty())
    return unknown(fmt::format("nobody made the call '{}'", options.call), "no run of these recordings has it",
                   "snug merge --coverage lists those that were made");
  return explain_calls(options, recording, calls);
}

Result<std::string> explain_capability(const ExplainOptions& options, const Recording& recording,
                                       const Explainer& explainer) {
  const auto number = capability_number(options.capability);
  if (!number)
    return Error{ErrorCode::usage, fmt::format("there is no capability {}", options.capability), "",
                 "man 7 capabilities lists them"};
  const auto calls = explainer.capability(capability_name(*number));
  if (calls.empty() && !options.wants_json())
    return fmt::format("no call was seen to need {}\n", capability_name(*number));
  return explain_calls(options, recording, calls);
}

Result<std::string> explain_executable(const ExplainOptions& options, const Explainer& explainer) {
  auto program = explainer.program(options.executable);
  if (!program) program = explainer.program(target_of(options.executable));
  if (!program)
    return unknown(fmt::format("'{}' did not run", options.executable), "no run of these recordings has it",
                   "snug explain RECORDING lists the programs that ran");
  return options.wants_json() ? explain_json(*program) : explain_text(*program);
}

Result<std::string> explain_library(const ExplainOptions& options, const Explainer& explainer) {
  auto uses = explainer.calls_through(options.object);
  if (uses.empty()) uses = explainer.calls_through(target_of(options.object));
  if (uses.empty())
    return unknown(fmt::format("no first call came from '{}'", options.object),
                   "it is on no stack of these recordings, which have one for the first call of each kind",
                   "give the file's name, such as libssl.so.3");
  return options.wants_json() ? explain_json(uses) : explain_text(uses);
}

Result<std::string> explain(const ExplainOptions& options) {
  const auto recording = load_recordings(options.recordings);
  if (!recording) return recording.error();
  const auto explainer = Explainer::of(*recording);
  if (!explainer) return explainer.error();
  for (const std::string& reason : incomplete_because(*recording)) warn("the recording is incomplete: " + reason);
  if (!options.call.empty()) return explain_call(options, *recording, *explainer);
  if (!options.capability.empty()) return explain_capability(options, *recording, *explainer);
  if (!options.executable.empty()) return explain_executable(options, *explainer);
  if (!options.object.empty()) return explain_library(options, *explainer);
  return options.wants_json() ? explain_json(explainer->programs()) : explain_text(explainer->programs());
}

int run_explain(const ExplainOptions& options) {
  const auto text = explain(options);
  if (!text) return complain(text.error()), file_status(text.error());
  const auto written = write_file("-", *text);
  if (!written) return complain(written.error()), file_status(written.error());
  return kSuccess;
}

}  // namespace

void add_explain(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* const verb = app.add_subcommand("explain", "Tell who makes a call, and what a program is to blame for");
  verb->add_option("RECORDING", options->recordings, "Recordings, in any order; '-' is standard input")->required();
  CLI::Option* const call =
      verb->add_option("--call", options->call, "Who makes this system call, from where, with what");
  CLI::Option* const capability =
      verb->add_option("--capability", options->capability, "Who makes calls that need this capability");
  CLI::Option* const executable = verb->add_option("--executable", options->executable,
                                                   "What this program calls, and what would go away without it");
  CLI::Option* const library =
      verb->add_option("--library", options->object, "Which first calls of their kind lead through this file");
  call->type_name("NAME")->excludes(capability, executable, library);
  capability->type_name("CAPABILITY")->excludes(executable, library);
  executable->type_name("PATH")->excludes(library);
  library->type_name("FILE");
  verb->add_option("--profile", options->profile, "With --call, --capability: also what this profile says of them")
      ->type_name("FILE");
  verb->add_option("--format", options->format, "How to say it: text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
  verb->footer(
      "Without any of these, all programs are told with what they alone call.\n\n"
      "Exit status: 0; 2 when a recording cannot be read, or has nothing of what is asked for; 4 when it is "
      "empty.");
  verb->callback([options, &invocation] { invocation.status = run_explain(*options); });
}

}  // namespace snug::cli
