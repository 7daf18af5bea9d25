// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "cli/read_options.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"
#include "generator/core/consumers.hpp"
#include "generator/formats/bpf.hpp"
#include "generator/formats/format.hpp"

namespace snug::cli {
namespace {

struct ConvertArguments {
  std::string profile;
  std::string output = "-";
  std::string format;
  ReadArguments reading;
  RenderOptions writing;
  bool quiet = false;
};

// Who takes profiles in that form.
std::vector<Consumer> consumers_of(Format format) {
  switch (format) {
    case Format::oci:
      return {Consumer::runc, Consumer::crun};
    case Format::docker:
      return {Consumer::docker};
    case Format::kubernetes:
      return {Consumer::security_profiles_operator};
    case Format::systemd:
      return {Consumer::systemd};
    case Format::bpf:
      return {Consumer::bubblewrap};
    case Format::pod:
    case Format::names:
      break;
  }
  return {};
}

void warn_about(const Profile& profile, Format format) {
  const auto consumers = consumers_of(format);
  for (const ConsumerFinding& finding : consumer_findings(profile))
    if (std::find(consumers.begin(), consumers.end(), finding.consumer) != consumers.end())
      warn(fmt::format("{} {}", name_of(finding.consumer), finding.what));
  if (format != Format::bpf) return;
  if (const auto unknown = names_unknown_to_libseccomp(profile); !unknown.empty())
    warn(fmt::format("this machine's libseccomp does not know {}: the filter gives {} the default action",
                     fmt::join(unknown, ", "), unknown.size() == 1 ? "it" : "them"));
}

Result<Done> convert(const ConvertArguments& arguments) {
  const auto options = read_options_of(arguments.reading);
  if (!options) return options.error();
  const auto text = read_file(arguments.profile);
  if (!text) return text.error();
  const auto profile = parse_any(*text, arguments.profile, *options);
  if (!profile) return profile.error();

  const Format format = format_named(arguments.format).value_or(Format::oci);
  const auto converted = render(*profile, format, arguments.writing);
  if (!converted) return converted.error();
  if (!arguments.quiet) warn_about(*profile, format);
  return write_file(arguments.output, *converted);
}

void add_options(CLI::App& verb, ConvertArguments& arguments) {
  verb.add_option("FILE", arguments.profile, "The profile, in any of these formats; '-' is standard input")
      ->required();
  verb.add_option("--format", arguments.format, "What to make of it, see below")
      ->required()
      ->check(CLI::IsMember(format_names()))
      ->type_name("FORMAT");
  verb.add_option("-o,--output", arguments.output, "Where to write it; default: standard output")
      ->type_name("FILE");
  verb.add_option("--name", arguments.writing.name, "kubernetes, pod: what the profile is called; default: snug")
      ->type_name("NAME");
  verb.add_option("--localhost-profile", arguments.writing.localhost_profile,
                  "pod: where the profile lies under /var/lib/kubelet/seccomp; default: NAME.json")
      ->type_name("PATH");
  add_read_options(verb, arguments.reading);
  verb.add_flag("-q,--quiet", arguments.quiet, "Print errors only: do not tell who will misread the result");
}

}  // namespace

void add_convert(CLI::App& app, Invocation& invocation) {
  auto arguments = std::make_shared<ConvertArguments>();
  CLI::App* const verb = app.add_subcommand("convert", "Write a profile in another format");
  add_options(*verb, *arguments);
  verb->footer(
      "Formats:\n"
      "  oci         JSON that runc, crun, containerd, podman and CRI-O read alike\n"
      "  docker      the same, for docker run --security-opt seccomp=FILE\n"
      "  kubernetes  a SeccompProfile of the Security Profiles Operator\n"
      "  pod         the securityContext that makes a Pod use a profile on its node; cannot be read\n"
      "  systemd     a drop-in for a unit\n"
      "  bpf         the compiled filter, for bwrap --seccomp FD; cannot be read\n"
      "  names       the allowed calls, one a line\n\n"
      "What a format cannot say is an error: nothing is left out but comments.\n\n"
      "Exit status: 0; 2 when the profile cannot be read, written, or said in that format.");
  verb->callback([arguments, &invocation] {
    const auto converted = convert(*arguments);
    if (!converted) complain(converted.error());
    invocation.status = converted ? kSuccess : kBadInput;
  });
}

}  // namespace snug::cli
