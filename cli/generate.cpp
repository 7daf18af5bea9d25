// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/files.hpp"
#include "cli/floor_options.hpp"
#include "cli/messages.hpp"
#include "cli/profile_output.hpp"
#include "cli/read_options.hpp"
#include "cli/recordings.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"

namespace snug::cli {
namespace {

struct GenerateArguments {
  std::vector<std::string> recordings;
  ProfileOutput output;
  GenerateOptions options;
  std::string format = "oci";
  std::string errno_form;      // empty: what the format can say
  std::string argument_rules;  // likewise
  std::vector<std::string> portability{"clocks", "siblings"};
  std::vector<std::string> architectures;
  FloorArguments floor;
  bool allow_incomplete = false;
  bool minimal = false;
};

Result<Done> check_output(const GenerateArguments& arguments) {
  if (arguments.output.evidence && arguments.format != "oci" && arguments.format != "docker") {
    return Error{ErrorCode::usage, fmt::format("cannot put evidence into the format {}", arguments.format),
                 "only the JSON that engines read has a place for it", "leave --evidence out, or use --explain"};
  }
  for (const std::string& recording : arguments.recordings) {
    if (is_stream(arguments.output.path) || !is_same_file(recording, arguments.output.path)) continue;
    return Error{ErrorCode::usage, fmt::format("cannot write the profile to {}", arguments.output.path),
                 "it is one of the recordings", "choose another file with -o"};
  }
  return Done{};
}

bool holds(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

Result<Portability> portability_of(const GenerateArguments& arguments) {
  if (arguments.minimal) return Portability{.clocks = false, .siblings = false};
  if (holds(arguments.portability, "none") && arguments.portability.size() > 1) {
    return Error{ErrorCode::usage, "cannot use --portability", "'none' stands beside other words",
                 "leave one of them out"};
  }
  return Portability{.clocks = holds(arguments.portability, "clocks"),
                     .siblings = holds(arguments.portability, "siblings")};
}

Result<std::vector<Arch>> architectures_in(const std::vector<std::string>& names) {
  std::vector<Arch> archs;
  for (const std::string& name : names) {
    const auto arch = arch_named(name);
    if (!arch || *arch == Arch::unknown) {
      return Error{ErrorCode::usage,
                   fmt::format("cannot use --architectures: '{}' is no ABI that snug knows", name),
                   "it has system call tables for x86_64, i386, x32, aarch64, arm, riscv64, ppc64le, s390x and "
                   "loongarch64",
                   "write these names, separated by commas"};
    }
    archs.push_back(*arch);
  }
  return archs;
}

// Where the user leaves it open, the format decides: systemd's settings and lists of names know no arguments.
ArgumentChoice argument_choice_of(const GenerateArguments& arguments) {
  const bool knows_none = arguments.format == "systemd" || arguments.format == "names";
  const std::string word = arguments.argument_rules.empty() && knows_none ? "none" : arguments.argument_rules;
  if (word == "none") return ArgumentChoice::none;
  return word == "all" ? ArgumentChoice::all : ArgumentChoice::safe;
}

// Likewise: what Kubernetes' objects and lists of names do not name fails with EPERM.
ErrnoForm errno_form_of(const GenerateArguments& arguments) {
  const bool knows_eperm_only = arguments.format == "kubernetes" || arguments.format == "names";
  const bool is_eperm = arguments.errno_form.empty() ? knows_eperm_only : arguments.errno_form == "EPERM";
  return is_eperm ? ErrnoForm::eperm : ErrnoForm::enosys;
}

Result<GenerateOptions> options_of(const GenerateArguments& arguments) {
  const auto portability = portability_of(arguments);
  if (!portability) return portability.error();
  const auto architectures = architectures_in(arguments.architectures);
  if (!architectures) return architectures.error();
  GenerateOptions options{.incomplete = arguments.allow_incomplete ? Incomplete::accepted : Incomplete::refused,
                          .portability = *portability,
                          .errno_form = errno_form_of(arguments),
                          .arguments = argument_choice_of(arguments),
                          .architectures = *architectures};
  if (const auto read = read_floor_options(arguments.floor, options); !read) return read.error();
  return options;
}

Result<Done> run(const GenerateArguments& arguments) {
  if (const auto checked = check_output(arguments); !checked) return checked.error();
  const auto options = options_of(arguments);
  if (!options) return options.error();
  const auto recording = load_recordings(arguments.recordings);
  if (!recording) return recording.error();
  ProfileOutput output = arguments.output;
  output.format = format_named(arguments.format).value_or(Format::oci);
  return write_profile(*recording, *options, output);
}

int run_generate(const GenerateArguments& arguments) {
  const auto done = run(arguments);
  if (done) return kSuccess;
  complain(done.error());
  return file_status(done.error());
}

void add_contents(CLI::App& verb, GenerateArguments& arguments) {
  constexpr auto kGroup = "What it allows";
  verb.add_flag("--allow-incomplete", arguments.allow_incomplete,
                "Accept a recording that says calls were missed; the profile may then deny what is needed")
      ->group(kGroup);
  CLI::Option* const portability =
      verb.add_option("--portability", arguments.portability,
                      "For other machines: clocks, siblings (what other libraries call instead), or none")
          ->delimiter(',')
          ->check(CLI::IsMember({"clocks", "siblings", "none"}))
          ->type_name("LIST")
          ->group(kGroup);
  verb.add_flag("--minimal", arguments.minimal, "Nothing for other machines: --portability none")
      ->excludes(portability)
      ->group(kGroup);
  verb.add_option("--architectures", arguments.architectures,
                  "Further ABIs, e.g. aarch64: their calls are predicted")
      ->delimiter(',')
      ->type_name("LIST")
      ->group(kGroup);
}

void add_form(CLI::App& verb, GenerateArguments& arguments) {
  constexpr auto kGroup = "How it denies";
  verb.add_option("--arguments", arguments.argument_rules,
                  "Allow only the seen arguments: safe (the default, where it keeps danger out), all, or none")
      ->check(CLI::IsMember({"safe", "none", "all"}))
      ->type_name("CHOICE")
      ->group(kGroup);
  verb.add_option("--errno", arguments.errno_form,
                  "How other calls fail: ENOSYS (the default, the same under every runtime) or EPERM")
      ->check(CLI::IsMember({"ENOSYS", "EPERM"}))
      ->type_name("ERRNO")
      ->group(kGroup);
}

void add_output(CLI::App& verb, GenerateArguments& arguments) {
  verb.add_option("-o,--output", arguments.output.path, "Where to write the profile; default: standard output")
      ->type_name("FILE");
  verb.add_option("--format", arguments.format, "What to write, as snug convert does; default: oci")
      ->check(CLI::IsMember(format_names()))
      ->type_name("FORMAT");
  verb.add_flag("--evidence", arguments.output.evidence,
                "Put each call's reasons into the profile, under \"x-snug\", which engines ignore");
  verb.add_flag("--explain", arguments.output.explain, "Say of each call on standard error why it is allowed");
  verb.add_flag("-q,--quiet", arguments.output.quiet, "Print warnings and errors only");
}

}  // namespace

void add_generate(CLI::App& app, Invocation& invocation) {
  auto arguments = std::make_shared<GenerateArguments>();
  CLI::App* const verb = app.add_subcommand("generate", "Turn recordings into a minimal seccomp profile");
  verb->add_option("RECORDING", arguments->recordings, "Recordings, in any order; '-' is standard input")
      ->required();
  add_output(*verb, *arguments);
  add_contents(*verb, *arguments);
  add_floor_options(*verb, arguments->floor);
  add_form(*verb, *arguments);
  verb->footer(
      "Exit status: 0; 2 when the input cannot be read or the profile cannot be written; 4 when the recording\n"
      "is incomplete or empty, so that a profile from it would break the workload.");
  verb->callback([arguments, &invocation] { invocation.status = run_generate(*arguments); });
}

}  // namespace snug::cli
