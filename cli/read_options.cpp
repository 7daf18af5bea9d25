// SPDX-License-Identifier: Apache-2.0
#include "cli/read_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "generator/formats/format.hpp"

namespace snug::cli {
namespace {

// "NET_ADMIN" and "CAP_NET_ADMIN" as profiles spell it; nothing for what cannot be a capability.
std::optional<std::string> capability_named(const std::string& text) {
  const bool spelled = !text.empty() && std::all_of(text.begin(), text.end(), [](char letter) {
    return (letter >= 'A' && letter <= 'Z') || letter == '_';
  });
  if (!spelled) return std::nullopt;
  return text.starts_with("CAP_") ? text : "CAP_" + text;
}

Result<std::vector<std::string>> capabilities_of(const std::vector<std::string>& words) {
  std::vector<std::string> capabilities;
  if (words == std::vector<std::string>{"none"}) return capabilities;
  for (const std::string& word : words) {
    const auto capability = capability_named(word);
    if (!capability)
      return Error{ErrorCode::usage, fmt::format("'{}' is no capability", word), "",
                   "--capabilities NET_ADMIN,SYS_TIME, or --capabilities none"};
    capabilities.push_back(*capability);
  }
  return capabilities;
}

}  // namespace

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  names.reserve(kFormats.size());
  for (const Format format : kFormats) names.emplace_back(name_of(format));
  return names;
}

void add_read_options(CLI::App& verb, ReadArguments& arguments) {
  verb.add_option("--capabilities", arguments.capabilities,
                  "For rules that depend on them: what the container has, or none; default: Docker's 14")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("LIST");
  verb.add_option("--kernel", arguments.kernel,
                  "For rules that depend on it: its version; default: the newest known")
      ->type_name("X.Y");
  verb.add_option("--architecture", arguments.architecture,
                  "For rules that depend on it: the machine's own ABI; default: this machine's")
      ->type_name("ARCH");
}

Result<ReadOptions> read_options_of(const ReadArguments& arguments) {
  ReadOptions options;
  if (!arguments.capabilities.empty()) {
    const auto capabilities = capabilities_of(arguments.capabilities);
    if (!capabilities) return capabilities.error();
    options.capabilities = *capabilities;
  }
  if (!arguments.kernel.empty()) {
    const auto kernel = kernel_version_of(arguments.kernel);
    if (!kernel)
      return Error{ErrorCode::usage, fmt::format("'{}' is no kernel version of the form 6.1", arguments.kernel), "",
                   "--kernel 6.1"};
    options.kernel = *kernel;
  }
  if (!arguments.architecture.empty()) {
    const auto arch = arch_named(arguments.architecture);
    if (!arch || *arch == Arch::unknown)
      return Error{ErrorCode::usage, fmt::format("snug knows no architecture '{}'", arguments.architecture), "",
                   "--architecture x86_64, or another name that 'uname -m' prints"};
    options.native = *arch;
  }
  return options;
}

}  // namespace snug::cli
