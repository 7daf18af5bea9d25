// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/kubernetes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>
#include <vector>

#include "generator/formats/errno_names.hpp"
#include "generator/formats/lines.hpp"
#include "generator/formats/refusal.hpp"

namespace snug {

namespace {

constexpr std::string_view kForm = "a SeccompProfile";

// The operator's schema has signed numbers.
constexpr std::uint64_t kLargestValue = 0x7fffffffffffffff;

using Refusal = std::optional<Error>;

bool carries_errno(Action action) {
  return action == Action::fail || action == Action::trace;
}

Refusal refuse(std::string because, std::string remedy) {
  return cannot_write_as(kForm, std::move(because), std::move(remedy));
}

bool is_label_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-';
}

// What Kubernetes takes for a name: labels of small letters, digits and dashes, joined by dots (RFC 1123).
bool is_object_name(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  char before = '.';
  for (const char letter : name) {
    if (letter != '.' && !is_label_letter(letter)) return false;
    const bool at_edge = before == '.' || letter == '.';
    if (at_edge && (before == '-' || letter == '-' || before == letter)) return false;
    before = letter;
  }
  return before != '.' && before != '-';
}

Refusal refusal_of(const Rule& rule) {
  const std::string& name = rule.names.front();
  if (rule.verdict.action == Action::notify)
    return refuse(fmt::format("it has SCMP_ACT_NOTIFY for {}, and names no listener", name),
                  "choose another action");
  if (carries_errno(rule.verdict.action) && rule.verdict.errno_value == 0)
    return refuse(fmt::format("it has errno 0 for {}, which the operator takes for none", name),
                  "choose another errno, or another format");
  if (rule.conditions.size() > 6)
    return refuse(fmt::format("a rule for {} has more than 6 conditions", name), "split the rule");
  for (const Condition& condition : rule.conditions)
    if (condition.value > kLargestValue || condition.value_two > kLargestValue)
      return refuse(fmt::format("a rule for {} compares with {}, and the operator's numbers end at {}", name,
                                std::max(condition.value, condition.value_two), kLargestValue),
                    "compare the lower 32 bits with SCMP_CMP_MASKED_EQ, or choose another format");
  return std::nullopt;
}

Refusal refusal_of(const Profile& profile) {
  const Verdict& verdict = profile.default_verdict;
  if (verdict.action == Action::notify)
    return refuse("its default is SCMP_ACT_NOTIFY, and it names no listener", "choose another default");
  if (carries_errno(verdict.action) && verdict.errno_value != EPERM)
    return refuse(fmt::format("its default is {}, and a SeccompProfile has EPERM there and no place for another",
                              verdict_text(verdict)),
                  "make EPERM the default and give single calls another errno, or choose another format");
  const auto& archs = profile.architectures;
  if (std::find(archs.begin(), archs.end(), Arch::loongarch64) != archs.end())
    return refuse("it is for SCMP_ARCH_LOONGARCH64, which the operator does not know",
                  "remove it from architectures, or choose another format");
  for (const Rule& rule : profile.rules)
    if (!rule.names.empty())
      if (auto refusal = refusal_of(rule)) return refusal;
  return std::nullopt;
}

std::string condition_text(const Condition& condition) {
  std::string text = fmt::format("        - index: {}\n          value: {}\n", condition.index, condition.value);
  if (condition.value_two != 0 || condition.comparison == Comparison::masked_eq)
    text += fmt::format("          valueTwo: {}\n", condition.value_two);
  return text + fmt::format("          op: {}\n", name_of(condition.comparison));
}

std::string rule_text(const Rule& rule) {
  std::string text;
  for (const Line& line : lines_of(rule.comment)) text += fmt::format("    # {}\n", without_controls(line.text));
  text += fmt::format("    - action: {}\n", name_of(rule.verdict.action));
  if (carries_errno(rule.verdict.action)) text += fmt::format("      errnoRet: {}\n", rule.verdict.errno_value);
  text += "      names:\n";
  // The schema has a set of names there, so that one that stands twice would be refused.
  for (const std::string& name : std::set<std::string>(rule.names.begin(), rule.names.end()))
    text += fmt::format("        - {}\n", name);
  if (!rule.conditions.empty()) text += "      args:\n";
  for (const Condition& condition : rule.conditions) text += condition_text(condition);
  return text;
}

}  // namespace

// apiVersion: security-profiles-operator.x-k8s.io/v1beta1
// kind: SeccompProfile
// metadata:
//   name: "…"
// spec:
//   defaultAction: SCMP_ACT_ERRNO      always with EPERM
//   architectures: [SCMP_ARCH_X86_64]
//   syscalls: [{action: …, errnoRet: …, names: […], args: [{index: …, value: …, valueTwo: …, op: …}]}]
Result<std::string> render_kubernetes(const Profile& profile, std::string_view name) {
  if (!is_object_name(name))
    return cannot_write_as(kForm, fmt::format("{} is no name for a Kubernetes object", in_quotes(name)),
                           "use small letters, digits, dashes and dots, such as --name nginx");
  if (auto refusal = refusal_of(profile)) return *refusal;

  std::string text = fmt::format(
      "apiVersion: security-profiles-operator.x-k8s.io/v1beta1\n"
      "kind: SeccompProfile\n"
      "metadata:\n"
      "  name: \"{}\"\n"
      "spec:\n"
      "  defaultAction: {}\n",
      name, name_of(profile.default_verdict.action));
  if (!profile.architectures.empty()) text += "  architectures:\n";
  for (const Arch arch : profile.architectures) text += fmt::format("    - {}\n", scmp_name_of(arch));
  std::string rules;
  for (const Rule& rule : profile.rules)
    if (!rule.names.empty()) rules += rule_text(rule);
  return rules.empty() ? text : text + "  syscalls:\n" + rules;
}

Result<std::string> render_pod(std::string_view path) {
  const bool plain = path.find_first_of("\"\\") == std::string_view::npos && without_controls(path) == path;
  const std::string within = fmt::format("/{}/", path);
  if (path.empty() || path.front() == '/' || !plain || within.find("/../") != std::string::npos)
    return cannot_write_as("a securityContext",
                           fmt::format("{} is no path under the kubelet's folder for profiles", in_quotes(path)),
                           "give a relative path without .., such as --localhost-profile profiles/nginx.json");
  return fmt::format(
      "# For a Pod or a container. The profile itself, in the format oci, has to lie on every node as\n"
      "# /var/lib/kubelet/seccomp/{0}\n"
      "securityContext:\n"
      "  seccompProfile:\n"
      "    type: Localhost\n"
      "    localhostProfile: \"{0}\"\n",
      path);
}

}  // namespace snug
