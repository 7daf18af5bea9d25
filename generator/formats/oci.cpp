// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/oci.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace snug {

namespace {

// Keeps keys in the order they are written.
using Json = nlohmann::ordered_json;

bool carries_errno(Action action) {
  return action == Action::fail || action == Action::trace;
}

Json condition_json(const Condition& condition) {
  Json json;
  json["index"] = condition.index;
  json["value"] = condition.value;
  if (condition.comparison == Comparison::masked_eq) json["valueTwo"] = condition.value_two;
  json["op"] = name_of(condition.comparison);
  return json;
}

Json rule_json(const Rule& rule) {
  auto names = rule.names;
  std::sort(names.begin(), names.end());

  Json json;
  json["names"] = names;
  json["action"] = name_of(rule.verdict.action);
  if (carries_errno(rule.verdict.action)) json["errnoRet"] = rule.verdict.errno_value;
  for (const Condition& condition : rule.conditions) json["args"].push_back(condition_json(condition));
  if (!rule.comment.empty()) json["comment"] = rule.comment;
  return json;
}

// "x-snug": {"schema": "snug.reasons/1", "calls": {"read": {"origins": ["observed"], "count": 12, "executables":
// […]}}}
Json reasons_json(const Reasons& reasons) {
  Json calls = Json::object();
  for (const auto& [call, reason] : reasons) {
    Json& json = calls[call];
    for (const Origin origin : reason.entry.origins) json["origins"].push_back(name_of(origin));
    if (reason.count != 0) json["count"] = reason.count;
    if (!reason.executables.empty()) json["executables"] = reason.executables;
    if (!reason.entry.siblings.empty()) json["siblings"] = reason.entry.siblings;
    for (const Arch arch : reason.entry.predicted) json["predicted"].push_back(name_of(arch));
    if (!reason.without.empty()) json["without"] = reason.without;
    if (!reason.whole_because.empty()) json["whole_because"] = reason.whole_because;
  }
  return {{"schema", "snug.reasons/1"}, {"calls", calls}};
}

}  // namespace

// {
//   "defaultAction": "SCMP_ACT_ERRNO",
//   "defaultErrnoRet": 1,
//   "architectures": ["SCMP_ARCH_X86_64"],
//   "syscalls": [{"names": […], "action": "SCMP_ACT_ALLOW", "errnoRet": …, "args": […], "comment": "…"}]
// }
std::string render_oci(const Profile& profile, const Reasons* reasons) {
  Json json;
  json["defaultAction"] = name_of(profile.default_verdict.action);
  if (carries_errno(profile.default_verdict.action)) json["defaultErrnoRet"] = profile.default_verdict.errno_value;
  for (const Arch arch : profile.architectures) json["architectures"].push_back(scmp_name_of(arch));
  json["syscalls"] = Json::array();
  for (const Rule& rule : profile.rules) json["syscalls"].push_back(rule_json(rule));
  if (reasons != nullptr) json["x-snug"] = reasons_json(*reasons);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace snug
