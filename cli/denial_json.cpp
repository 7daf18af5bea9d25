// SPDX-License-Identifier: Apache-2.0
#include "cli/denial_json.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "snug/syscalls.hpp"
#include "tracer/core/recorder.hpp"

namespace snug::cli {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const tracer::Registers& registers) {
  Json json = Json::array();
  for (const std::uint64_t value : registers) json.push_back(fmt::format("{:#x}", value));
  return json;
}

Json to_json(const Verdict& verdict) {
  Json json{{"action", name_of(verdict.action)}};
  if (verdict.action == Action::fail || verdict.action == Action::trace) json["errno"] = verdict.errno_value;
  return json;
}

Json to_json(const Stack& stack) {
  Json frames = Json::array();
  for (const Frame& frame : stack.frames) {
    frames.push_back({{"object", frame.object},
                      {"build_id", frame.build_id},
                      {"offset", frame.offset},
                      {"symbol", frame.symbol}});
  }
  return {{"frames", frames}, {"partial", stack.partial}};
}

Json first_to_json(const tracer::DenialEvidence& evidence) {
  Json json{{"elapsed_ms", evidence.first.elapsed_ms},
            {"tid", evidence.first.tid},
            {"arguments", to_json(evidence.arguments)}};
  if (!evidence.first.stack.frames.empty()) json["stack"] = to_json(evidence.first.stack);
  return json;
}

template <typename T>
T known(std::optional<T> value, const Json& json) {
  if (!value) throw std::invalid_argument(fmt::format("{} is unknown", json.dump()));
  return *value;
}

tracer::Registers registers_from(const Json& json) {
  tracer::Registers registers{};
  for (std::size_t i = 0; i < registers.size(); ++i)
    registers[i] = std::stoull(json.at(i).get<std::string>(), nullptr, 16);
  return registers;
}

Verdict verdict_from(const Json& json) {
  return {known(action_named(json.at("action").get<std::string>()), json), json.value("errno", std::uint16_t{0})};
}

Stack stack_from(const Json& json) {
  Stack stack;
  stack.partial = json.at("partial").get<bool>();
  for (const Json& frame : json.at("frames")) {
    stack.frames.push_back({frame.at("object").get<std::string>(), frame.at("build_id").get<std::string>(),
                            frame.at("offset").get<std::uint64_t>(), frame.at("symbol").get<std::string>()});
  }
  return stack;
}

tracer::Denial denial_from(const Json& json) {
  return {
      .call = {known(arch_named(json.at("arch").get<std::string>()), json), json.at("number").get<std::uint32_t>()},
      .executable = json.at("executable").get<std::string>(),
      .verdict = verdict_from(json.at("verdict"))};
}

void set_first(const Json& first, tracer::DenialEvidence& evidence) {
  evidence.first = {.elapsed_ms = first.at("elapsed_ms").get<std::uint64_t>(),
                    .tid = first.at("tid").get<std::int32_t>(),
                    .stack = first.contains("stack") ? stack_from(first.at("stack")) : Stack{}};
  evidence.arguments = registers_from(first.at("arguments"));
}

int errno_from(const std::string& name) {
  constexpr int kLargest = 516;  // ERESTART_RESTARTBLOCK
  for (int value = 1; value <= kLargest; ++value)
    if (tracer::errno_name(value) == name) return value;
  throw std::invalid_argument(fmt::format("{} is no errno", name));
}

void add_passed(const Json& json, tracer::DenialEvidence& evidence) {
  for (const Json& registers : json.at("passed")) evidence.passed.insert(registers_from(registers));
  evidence.passed_many = evidence.passed_many || json.at("passed_many").get<bool>();
  if (evidence.passed_many) evidence.passed.clear();
}

void add_outcomes(const Json& json, tracer::DenialEvidence& evidence) {
  evidence.outcomes += json.value("outcomes", std::uint64_t{0});
  if (!json.contains("errors")) return;
  for (const auto& [name, count] : json.at("errors").items())
    evidence.errors[errno_from(name)] += count.get<std::uint64_t>();
}

}  // namespace

Json denial_to_json(const tracer::Denial& denial, const tracer::DenialEvidence& evidence) {
  const auto name = syscall_name(denial.call.arch, denial.call.number);
  Json json{{"name", name ? Json(*name) : Json(nullptr)},
            {"arch", name_of(denial.call.arch)},
            {"number", denial.call.number},
            {"executable", denial.executable},
            {"verdict", to_json(denial.verdict)},
            {"count", evidence.count},
            {"launching", evidence.launching},
            {"endless", evidence.endless},
            {"phases", evidence.phases},
            {"first", first_to_json(evidence)}};
  json["passed"] = Json::array();
  for (const auto& registers : evidence.passed) json["passed"].push_back(to_json(registers));
  json["passed_many"] = evidence.passed_many;
  if (evidence.outcomes == 0) return json;
  json["outcomes"] = evidence.outcomes;
  json["errors"] = Json::object();
  for (const auto& [error, count] : evidence.errors) json["errors"][tracer::errno_name(error)] = count;
  return json;
}

void add_denial(const Json& json, Denials& denials) {
  tracer::DenialEvidence& evidence = denials[denial_from(json)];
  if (evidence.count == 0) set_first(json.at("first"), evidence);
  evidence.count += json.at("count").get<std::uint64_t>();
  evidence.launching = evidence.launching || json.at("launching").get<bool>();
  evidence.endless = evidence.endless || json.at("endless").get<bool>();
  for (const auto& [phase, count] : json.at("phases").items()) evidence.phases[phase] += count.get<std::uint64_t>();
  add_passed(json, evidence);
  add_outcomes(json, evidence);
}

Json exit_to_json(const ExitStatus& exit) {
  if (exit.signo) return {{"signal", *exit.signo}};
  return exit.code ? Json{{"code", *exit.code}} : Json(nullptr);
}

ExitStatus exit_from_json(const Json& json) {
  ExitStatus exit;
  if (json.contains("code")) exit.code = json.at("code").get<int>();
  if (json.contains("signal")) exit.signo = json.at("signal").get<int>();
  return exit;
}

}  // namespace snug::cli
