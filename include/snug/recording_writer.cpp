// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "snug/recording.hpp"
#include "snug/syscalls.hpp"

// The recording's file form, described in docs/recording-format.md and profiles/schema/recording.schema.json:
//
//   { "schema": "snug.recording/1", "complete": bool, "incomplete_because": [text],
//     "runs":        [ {"id", "command", "started", "duration_ms", "exit", "host", "tracer", "accounting", …} ],
//     "executables": [ {"id", "path", "build_id"} ],
//     "syscalls":    [ {"arch", "name", "number", "count", …totals, "observations": [one per run and executable]} ]
//     }
//
// Totals stand there for readers of the file; the observations are what counts, and "count" is held to it.
namespace snug {
namespace {

using Json = nlohmann::ordered_json;

Json exit_json(const ExitStatus& exit) {
  if (exit.code) return {{"code", *exit.code}};
  if (exit.signo) return {{"signal", *exit.signo}};
  return Json::object();
}

Json accounting_json(const Accounting& books) {
  return {{"tasks_born", books.tasks_born}, {"tasks_gone", books.tasks_gone},
          {"execs", books.execs},           {"stops", books.stops},
          {"calls", books.calls},           {"syscall_stops", books.syscall_stops},
          {"unread", books.unread}};
}

Json run_json(const RunId& id, const Run& run) {
  return {{"id", id},
          {"command", run.command},
          {"started", run.started},
          {"duration_ms", run.duration_ms},
          {"exit", exit_json(run.exit)},
          {"host", {{"kernel", run.host.kernel}, {"arch", name_of(run.host.arch)}, {"libc", run.host.libc}}},
          {"tracer",
           {{"version", run.tracer.version},
            {"mode", run.tracer.mode},
            {"privileged", run.tracer.privileged},
            {"no_new_privileges", run.tracer.no_new_privileges}}},
          {"container", nullptr},
          {"accounting", accounting_json(run.accounting)},
          {"complete", run.incomplete_because.empty()},
          {"incomplete_because", run.incomplete_because}};
}

Json first_json(const FirstSeen& first) {
  Json json{{"elapsed_ms", first.elapsed_ms}, {"tid", first.tid}};
  if (first.stack.frames.empty()) return json;
  Json frames = Json::array();
  for (const Frame& frame : first.stack.frames) frames.push_back({frame.object, frame.offset, frame.symbol});
  json["stack"] = {{"frames", frames}, {"partial", first.stack.partial}};
  return json;
}

Json observation_json(const Observations::value_type& entry) {
  const auto& [where, observation] = entry;
  return {{"run", where.first},           {"executable", where.second},
          {"count", observation.count},   {"outcomes", observation.outcomes},
          {"errors", observation.errors}, {"first", first_json(observation.first)}};
}

// The earliest observation; runs are told apart by when they started, which their ids do not show.
const Observations::value_type& earliest(const Recording& recording, const Observations& observations) {
  const auto when = [&](const Observations::value_type& entry) {
    return std::tie(recording.runs.at(entry.first.first).started, entry.second.first, entry.first);
  };
  return *std::min_element(observations.begin(), observations.end(),
                           [&](const auto& one, const auto& other) { return when(one) < when(other); });
}

Json syscall_json(const Recording& recording, const SyscallKey& key, const Observations& observations) {
  std::map<std::string, std::uint64_t> errors;
  std::set<std::string> executables;
  std::set<std::string> runs;
  std::uint64_t outcomes = 0;
  Json entries = Json::array();
  for (const auto& entry : observations) {
    for (const auto& [name, times] : entry.second.errors) errors[name] += times;
    runs.insert(entry.first.first);
    executables.insert(entry.first.second);
    outcomes += entry.second.outcomes;
    entries.push_back(observation_json(entry));
  }
  const auto name = syscall_name(key.arch, key.number);
  const auto& [where, observation] = earliest(recording, observations);
  const Json first{{"run", where.first},
                   {"executable", where.second},
                   {"elapsed_ms", observation.first.elapsed_ms},
                   {"tid", observation.first.tid}};
  return {{"arch", name_of(key.arch)},
          {"name", name ? Json(*name) : Json(nullptr)},
          {"number", key.number},
          {"count", total_count(observations)},
          {"outcomes", outcomes},
          {"errors", errors},
          {"executables", executables},
          {"runs", runs},
          {"first", first},
          {"observations", entries}};
}

// An array with one element a line: small files that git can show the difference of.
void append_array(std::string& text, std::string_view key, const Json& elements, std::string_view after) {
  fmt::format_to(std::back_inserter(text), " \"{}\": [", key);
  std::string_view separator = "\n  ";
  for (const Json& element : elements) {
    // Command lines and paths may be any bytes; JSON is Unicode, so what is not becomes U+FFFD.
    text += separator;
    text += element.dump(-1, ' ', false, Json::error_handler_t::replace);
    separator = ",\n  ";
  }
  text += elements.empty() ? "]" : "\n ]";
  text += after;
}

}  // namespace

std::string render(const Recording& recording) {
  const auto reasons = incomplete_because(recording);
  Json runs = Json::array();
  for (const auto& [id, run] : recording.runs) runs.push_back(run_json(id, run));
  Json executables = Json::array();
  for (const auto& [id, executable] : recording.executables) {
    executables.push_back({{"id", id}, {"path", executable.path}, {"build_id", executable.build_id}});
  }
  Json syscalls = Json::array();
  for (const auto& [key, observations] : recording.syscalls) {
    syscalls.push_back(syscall_json(recording, key, observations));
  }
  std::string text =
      fmt::format("{{\n \"schema\": \"{}\",\n \"complete\": {},\n", kRecordingSchema, reasons.empty());
  append_array(text, "incomplete_because", reasons, ",\n");
  append_array(text, "runs", runs, ",\n");
  append_array(text, "executables", executables, ",\n");
  append_array(text, "syscalls", syscalls, "\n}\n");
  return text;
}

}  // namespace snug
