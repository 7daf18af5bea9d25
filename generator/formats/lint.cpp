// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/lint.hpp"

#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "generator/core/bpf_validity.hpp"
#include "generator/core/engine_default.hpp"
#include "generator/formats/bpf.hpp"
#include "generator/formats/proof.hpp"

namespace snug {

namespace {

using Json = nlohmann::ordered_json;

Json verdict_json(Verdict verdict) {
  Json json;
  json["action"] = name_of(verdict.action);
  if (verdict.action == Action::fail || verdict.action == Action::trace) json["errno"] = verdict.errno_value;
  return json;
}

Json verdicts_json(const std::set<Verdict>& verdicts) {
  Json json = Json::array();
  for (const Verdict& verdict : verdicts) json.push_back(verdict_json(verdict));
  return json;
}

Json names_json(const std::vector<Arch>& archs) {
  Json json = Json::array();
  for (const Arch arch : archs) json.push_back(name_of(arch));
  return json;
}

Json abi_json(const AbiSurface& abi) {
  Json allowed = Json::array();
  Json with_some_arguments = Json::array();
  Json denied = Json::array();
  for (const CallSurface& call : abi.calls) {
    if (call.is_reachable()) {
      (call.depends_on_arguments() ? with_some_arguments : allowed).push_back(call.name);
    } else {
      denied.push_back({{"name", call.name}, {"verdicts", verdicts_json(call.verdicts)}});
    }
  }
  Json json;
  json["arch"] = name_of(abi.arch);
  json["known"] = abi.calls.size();
  json["docker_default"] = allowed_by_docker_default(abi.arch).size();
  json["allowed"] = std::move(allowed);
  json["allowed_with_some_arguments"] = std::move(with_some_arguments);
  json["denied"] = std::move(denied);
  json["unknown_numbers"] = verdicts_json(abi.beyond);
  return json;
}

Json proof_json(const ProofReport& proof) {
  Json json;
  json["holds"] = proof.holds();
  json["calls"] = proof.calls;
  json["mismatched"] = proof.mismatched;
  json["mismatches"] = Json::array();
  for (const Mismatch& mismatch : proof.mismatches) json["mismatches"].push_back(describe(mismatch));
  json["dropped"] = proof.dropped;
  return json;
}

Json powerful_json(const std::vector<PowerfulUse>& uses) {
  Json json = Json::array();
  for (const PowerfulUse& use : uses)
    json.push_back({{"name", use.call->name},
                    {"why", use.call->why},
                    {"archs", names_json(use.archs)},
                    {"with_some_arguments", use.depends_on_arguments},
                    {"refused_by_engines", use.call->refused_by_default}});
  return json;
}

Json stubs_json(const std::vector<EnosysStub>& stubs) {
  Json json = Json::array();
  for (const EnosysStub& stub : stubs)
    json.push_back({{"arch", name_of(stub.arch)}, {"enosys_above", stub.largest}, {"calls", stub.changed}});
  return json;
}

Json findings_json(const std::vector<Finding>& findings) {
  Json json = Json::array();
  for (const Finding& finding : findings)
    json.push_back({{"severity", name_of(finding.severity)},
                    {"id", finding.id},
                    {"text", finding.text},
                    {"remedy", finding.remedy}});
  return json;
}

}  // namespace

Result<LintReport> lint(const Profile& profile, const std::set<Runtime>& runtimes) {
  const auto program = compile(profile, Denials::enforced);
  if (!program) return program.error();
  const auto proof = prove(profile);
  if (!proof) return proof.error();
  return lint_compiled(profile, {*program, *proof, calls_unknown_to_libseccomp(profile)}, runtimes);
}

Result<Program> parse_program(std::string_view bytes, std::string_view source) {
  Program program(bytes.size() / sizeof(sock_filter));
  std::memcpy(program.data(), bytes.data(), program.size() * sizeof(sock_filter));
  const bool is_whole = bytes.size() % sizeof(sock_filter) == 0;
  const auto fault = is_whole ? why_not_loadable(program) : "its length is no multiple of 8";
  if (!fault) return program;
  return Error{ErrorCode::bad_input, fmt::format("cannot use the filter {}", source), *fault,
               "give a profile as JSON, or a filter as seccomp_export_bpf writes it"};
}

// {
//   "schema": "snug.lint/1",
//   "subject": "…",
//   "default": {"action": "SCMP_ACT_ERRNO", "errno": 1},
//   "proof": {"holds": true, "calls": …, "mismatched": 0, "mismatches": [], "dropped": []},
//   "abis": [{"arch": "x86_64", "known": …, "docker_default": …, "allowed": […], "allowed_with_some_arguments":
//   […],
//             "denied": [{"name": …, "verdicts": […]}], "unknown_numbers": […]}],
//   "powerful": [{"name": …, "why": …, "archs": […], "with_some_arguments": …, "refused_by_engines": …}],
//   "runc": [{"arch": …, "enosys_above": …, "calls": […]}],
//   "findings": [{"severity": …, "id": …, "text": …, "remedy": …}]
// }
// "default", "proof" and "runc" stand in the report of a profile only.
std::string render_lint(const LintReport& report, std::string_view subject) {
  Json json;
  json["schema"] = "snug.lint/1";
  json["subject"] = subject;
  if (report.default_verdict) json["default"] = verdict_json(*report.default_verdict);
  if (report.proof) json["proof"] = proof_json(*report.proof);
  json["abis"] = Json::array();
  for (const AbiSurface& abi : report.abis) json["abis"].push_back(abi_json(abi));
  json["powerful"] = powerful_json(report.powerful);
  if (report.default_verdict) json["runc"] = stubs_json(report.stubs);
  json["findings"] = findings_json(report.findings);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace snug
