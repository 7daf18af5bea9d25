// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include "generator/formats/call_names.hpp"
#include "generator/formats/errno_names.hpp"
#include "generator/formats/host_conditions.hpp"
#include "generator/formats/json_reader.hpp"
#include "generator/formats/oci.hpp"
#include "generator/formats/oci_object.hpp"
#include "snug/verdict_code.hpp"

namespace snug {

namespace {

// The ABIs that the OCI runtime specification names beyond those snug has tables for. Docker's own profile lists
// some.
constexpr std::array<std::string_view, 14> kOtherOciArchs{
    "SCMP_ARCH_M68K",        "SCMP_ARCH_MIPS",   "SCMP_ARCH_MIPS64",   "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL",
    "SCMP_ARCH_MIPSEL64",    "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC",       "SCMP_ARCH_PPC64",
    "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_S390",   "SCMP_ARCH_SH",       "SCMP_ARCH_SHEB"};

constexpr std::string_view kArchRemedy = "use names such as SCMP_ARCH_X86_64, SCMP_ARCH_X86 or SCMP_ARCH_AARCH64";

bool is_other_oci_arch(std::string_view name) {
  return std::find(kOtherOciArchs.begin(), kOtherOciArchs.end(), name) != kOtherOciArchs.end();
}

class ProfileReader {
 public:
  ProfileReader(JsonReader& json, const ReadOptions& options) : json_(json), options_(options) {}

  Profile read(const JsonPlace& root) {
    Profile profile;
    const JsonPlace action = json_.member(root, "defaultAction");
    if (!action)
      json_.reject(action, "is missing, and some engines then filter nothing at all",
                   "add \"defaultAction\": \"SCMP_ACT_ERRNO\"");
    profile.default_verdict =
        verdict_at(action, json_.member(root, "defaultErrnoRet"), json_.member(root, "defaultErrno"));
    profile.architectures = architectures_at(root);
    for (const JsonPlace& entry : json_.elements(json_.member(root, "syscalls")))
      if (holds_on_host(json_, entry, options_)) profile.rules.push_back(rule_at(entry));
    return profile;
  }

 private:
  std::vector<Arch> architectures_at(const JsonPlace& root) {
    const JsonPlace list = json_.member(root, "architectures");
    const JsonPlace map = json_.member(root, "archMap");
    if (list && map)
      json_.reject(map, "stands beside architectures, and engines refuse both", "keep one of the two");

    std::vector<Arch> archs;
    for (const JsonPlace& place : json_.elements(list)) add_arch(archs, place);
    for (const JsonPlace& entry : json_.elements(map)) {
      std::vector<Arch> family;
      const JsonPlace native = json_.member(entry, "architecture");
      add_arch(family, native);
      for (const JsonPlace& place : json_.elements(json_.member(entry, "subArchitectures")))
        add_arch(family, place);
      if (arch_of_scmp_name(json_.text(native)) == options_.native) archs = family;
    }
    return archs;
  }

  void add_arch(std::vector<Arch>& archs, const JsonPlace& place) {
    const std::string name = json_.text(place);
    const auto arch = arch_of_scmp_name(name);
    if (arch && std::find(archs.begin(), archs.end(), *arch) == archs.end()) archs.push_back(*arch);
    if (arch || is_other_oci_arch(name)) return;

    if (name == "SCMP_ARCH_NATIVE")
      json_.reject(place, "is SCMP_ARCH_NATIVE, which no engine accepts",
                   "name the ABI, or leave architectures out");
    else
      json_.reject(place, fmt::format("is \"{}\", which is no architecture", name), kArchRemedy);
  }

  Verdict verdict_at(const JsonPlace& action_place, const JsonPlace& number, const JsonPlace& name) {
    const auto action = action_at(action_place);
    const auto errno_value = errno_at(number, name);
    const bool carries_errno = action == Action::fail || action == Action::trace;
    if (errno_value && !carries_errno)
      json_.reject(number ? number : name,
                   fmt::format("stands beside {}, which carries no errno; crun refuses to start", name_of(action)),
                   "remove it, or use SCMP_ACT_ERRNO");
    return {action, carries_errno ? errno_value.value_or(EPERM) : std::uint16_t{0}};
  }

  Action action_at(const JsonPlace& place) {
    const std::string name = json_.text(place);
    const auto action = action_named(name);
    if (!action)
      json_.reject(place, fmt::format("is \"{}\", which is no action", name),
                   "use SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_LOG, "
                   "SCMP_ACT_NOTIFY, SCMP_ACT_TRACE or SCMP_ACT_TRAP");
    return action.value_or(Action::fail);
  }

  // podman obeys the name, Docker the number.
  std::optional<std::uint16_t> errno_at(const JsonPlace& number_place, const JsonPlace& name_place) {
    std::optional<std::uint16_t> number;
    if (number_place) number = errno_number_at(number_place);
    const std::string name = json_.text(name_place);
    if (name.empty()) return number;

    const auto named = errno_named(name);
    if (!named)
      json_.reject(name_place, fmt::format("is \"{}\", which is no errno", name), "use a name such as EPERM");
    if (named && number && named != number)
      json_.reject(
          name_place,
          fmt::format("is \"{}\" beside the number {}; podman obeys the name and Docker the number", name, *number),
          "make both say the same");
    return named;
  }

  std::uint16_t errno_number_at(const JsonPlace& place) {
    const std::uint64_t value = json_.number(place);
    if (value > kLargestErrno)
      json_.reject(place, fmt::format("is {}, and the kernel knows no errno above {}", value, kLargestErrno),
                   "use 1 (EPERM), 38 (ENOSYS) or another errno");
    return static_cast<std::uint16_t>(value & kLargestErrno);
  }

  Rule rule_at(const JsonPlace& entry) {
    Rule rule;
    rule.names = names_at(entry);
    const JsonPlace action = json_.member(entry, "action");
    if (!action) json_.reject(action, "is missing", "add \"action\": \"SCMP_ACT_ALLOW\" or another action");
    rule.verdict = verdict_at(action, json_.member(entry, "errnoRet"), json_.member(entry, "errno"));
    rule.conditions = conditions_at(json_.member(entry, "args"));
    rule.comment = json_.text(json_.member(entry, "comment"));
    return rule;
  }

  std::vector<std::string> names_at(const JsonPlace& entry) {
    const JsonPlace plural = json_.member(entry, "names");
    const JsonPlace singular = json_.member(entry, "name");
    auto places = json_.elements(plural);
    if (singular && !json_.text(singular).empty()) {
      if (!places.empty())
        json_.reject(singular, "stands beside names, and engines refuse both", "keep names only");
      places.push_back(singular);
    }
    if (places.empty()) json_.reject(plural, "is missing or empty", "name the calls the rule is about");

    std::vector<std::string> names;
    names.reserve(places.size());
    for (const JsonPlace& place : places) names.push_back(call_name_at(place));
    return names;
  }

  std::string call_name_at(const JsonPlace& place) {
    std::string name = json_.text(place);
    if (!is_call_name(name))
      json_.reject(place,
                   fmt::format("is \"{}\", which is no system call; engines silently ignore such names", name),
                   "correct or remove the name");
    return name;
  }

  std::vector<Condition> conditions_at(const JsonPlace& args) {
    std::vector<Condition> conditions;
    std::set<std::uint32_t> indexes;
    for (const JsonPlace& arg : json_.elements(args)) {
      conditions.push_back(condition_at(arg));
      if (!indexes.insert(conditions.back().index).second)
        json_.reject(
            args,
            fmt::format("names argument {} twice; runc and crun then take every condition of the rule as a rule "
                        "of its own, of which one is enough",
                        conditions.back().index),
            "write one rule for each alternative");
    }
    return conditions;
  }

  Condition condition_at(const JsonPlace& arg) {
    Condition condition;
    condition.index = index_at(json_.member(arg, "index"));
    condition.value = required_number_at(json_.member(arg, "value"));
    condition.value_two = json_.number(json_.member(arg, "valueTwo"));
    condition.comparison = comparison_at(json_.member(arg, "op"));
    return condition;
  }

  std::uint64_t required_number_at(const JsonPlace& place) {
    if (!place) json_.reject(place, "is missing", "add the number");
    return json_.number(place);
  }

  std::uint32_t index_at(const JsonPlace& place) {
    const std::uint64_t index = required_number_at(place);
    if (index > 5)
      json_.reject(place, fmt::format("is {}, and calls have the arguments 0 to 5", index),
                   "use an index from 0 to 5");
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(index, 5));
  }

  Comparison comparison_at(const JsonPlace& place) {
    const std::string name = json_.text(place);
    const auto comparison = comparison_named(name);
    if (!comparison)
      json_.reject(place, fmt::format("is \"{}\", which is no comparison", name),
                   "use SCMP_CMP_EQ, SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_GT, SCMP_CMP_GE or "
                   "SCMP_CMP_MASKED_EQ");
    return comparison.value_or(Comparison::eq);
  }

  JsonReader& json_;
  const ReadOptions& options_;
};

}  // namespace

Profile profile_at(JsonReader& json, const JsonPlace& root, const ReadOptions& options) {
  return ProfileReader(json, options).read(root);
}

Result<Profile> parse_profile(std::string_view text, std::string_view source, const ReadOptions& options) {
  JsonReader json(fmt::format("cannot use the profile {}", source));
  const auto document = json.parse(text);
  if (!document) return document.error();
  Profile profile = profile_at(json, {&*document, ""}, options);
  if (json.problem()) return *json.problem();
  return profile;
}

}  // namespace snug
