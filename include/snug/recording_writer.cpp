// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "snug/recording.hpp"
#include "snug/subcalls.hpp"
#include "snug/syscalls.hpp"

// The recording's file form, described in docs/recording-format.md and profiles/schema/recording.schema.json:
//
//   { "schema": "snug.recording/1", "complete": bool, "incomplete_because": [text],
//     "runs":        [ {"id", "command", "started", "duration_ms", "exit", "host", "tracer", "accounting", …} ],
//     "executables": [ {"id", "path", "build_id"} ],
//     "objects":     [ {"id", "path", "build_id"} ],  the mapped files that stacks name
//     "syscalls":    [ {"arch", "name", "number", "count", …totals, "observations": [one per run and executable]}
//     ], "capabilities": [ {"need", "use", "name", "on", "seen": [one per run and executable]} ] }
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
  return {{"tasks_born", books.tasks_born}, {"tasks_attached", books.tasks_attached},
          {"tasks_gone", books.tasks_gone}, {"tasks_detached", books.tasks_detached},
          {"execs", books.execs},           {"stops", books.stops},
          {"calls", books.calls},           {"syscall_stops", books.syscall_stops},
          {"unread", books.unread}};
}

Json container_json(const std::optional<Container>& container) {
  if (!container) return nullptr;
  return {{"id", container->id},
          {"name", container->name},
          {"image", container->image},
          {"pod", container->pod},
          {"namespace", container->name_space},
          {"engine", container->engine},
          {"runtime", container->runtime},
          {"runtime_version", container->runtime_version},
          {"uid", container->uid},
          {"gid", container->gid},
          {"no_new_privileges", container->no_new_privileges},
          {"capabilities", container->capabilities},
          {"filtered", container->filtered},
          {"exec", container->exec}};
}

Json privilege_json(const Privilege& privilege) {
  return {{"uid", privilege.uid},
          {"gid", privilege.gid},
          {"bounding", names_of(privilege.bounding)},
          {"permitted", names_of(privilege.permitted)},
          {"effective", names_of(privilege.effective)},
          {"ambient", names_of(privilege.ambient)},
          {"no_new_privileges", privilege.no_new_privileges},
          {"in_first_namespace", privilege.in_first_namespace},
          {"gains", privilege.gains},
          {"unjudged_because", privilege.unjudged_because},
          {"no_kernel_evidence", privilege.no_kernel_evidence}};
}

Json run_json(const RunId& id, const Run& run) {
  Json json{{"id", id},
            {"command", run.command},
            {"started", run.started},
            {"duration_ms", run.duration_ms},
            {"interval", {{"from", name_of(run.begin)}, {"to", name_of(run.end)}}},
            {"exit", exit_json(run.exit)},
            {"host", {{"kernel", run.host.kernel}, {"arch", name_of(run.host.arch)}, {"libc", run.host.libc}}},
            {"tracer",
             {{"version", run.tracer.version},
              {"mode", run.tracer.mode},
              {"privileged", run.tracer.privileged},
              {"no_new_privileges", run.tracer.no_new_privileges}}},
            {"container", container_json(run.container)},
            {"accounting", accounting_json(run.accounting)},
            {"complete", run.incomplete_because.empty()},
            {"incomplete_because", run.incomplete_because}};
  if (run.privilege) json["privilege"] = privilege_json(*run.privilege);
  return json;
}

Json file_json(const ExecutableId& id, const Executable& file) {
  return {{"id", id}, {"path", file.path}, {"build_id", file.build_id}};
}

// What a text is when the file has been read: Unicode.
std::string as_written(const std::string& text) {
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
}

// The mapped files of all of a recording's stacks, so that each stands in the file once. The recording must outlive
// it.
class Objects {
 public:
  // The id of the file that `frame` is in; empty where none is mapped.
  ExecutableId id_of(const Frame& frame) {
    if (frame.object.empty()) return {};
    const auto [place, is_new] = ids_.try_emplace({frame.object, frame.build_id});
    if (is_new) {
      // The id must be the same again then.
      const Executable file{as_written(frame.object), frame.build_id};
      place->second = snug::id_of(file);
      files_.emplace(place->second, file);
    }
    return place->second;
  }

  Json json() const {
    Json files = Json::array();
    for (const auto& [id, file] : files_) files.push_back(file_json(id, file));
    return files;
  }

 private:
  std::map<std::pair<std::string_view, std::string_view>, ExecutableId> ids_;  // by path and build id
  std::map<ExecutableId, Executable> files_;
};

Json first_json(const FirstSeen& first, Objects& objects) {
  Json json{{"elapsed_ms", first.elapsed_ms}, {"tid", first.tid}};
  if (first.stack.frames.empty()) return json;
  Json frames = Json::array();
  for (const Frame& frame : first.stack.frames) {
    frames.push_back({objects.id_of(frame), frame.offset, frame.symbol});
  }
  json["stack"] = {{"frames", frames}, {"partial", first.stack.partial}};
  return json;
}

// What is counted, of one observation or of all of a call's; optional parts are left out where nothing is told.
Json counts_json(const Observation& observation) {
  Json json{{"count", observation.count}, {"outcomes", observation.outcomes}, {"errors", observation.errors}};
  for (const auto& [name, argument] : observation.arguments) {
    json["arguments"][name] = argument.many ? Json("many") : Json(argument.values);
  }
  if (!observation.phases.empty()) json["phases"] = observation.phases;
  return json;
}

Json observation_json(const Observations::value_type& entry, Objects& objects) {
  const auto& [where, observation] = entry;
  Json json{{"run", where.first}, {"executable", where.second}};
  json.update(counts_json(observation));
  json["first"] = first_json(observation.first, objects);
  return json;
}

void add(ArgumentValues& sum, const ArgumentValues& values) {
  sum.many = sum.many || values.many;
  sum.values.insert(values.values.begin(), values.values.end());
}

// What all observations of a call say together.
Observation sum_of(const Observations& observations) {
  Observation sum;
  for (const auto& [where, observation] : observations) {
    sum.count += observation.count;
    sum.outcomes += observation.outcomes;
    for (const auto& [name, times] : observation.errors) sum.errors[name] += times;
    for (const auto& [name, values] : observation.arguments) add(sum.arguments[name], values);
    for (const auto& [name, times] : observation.phases) sum.phases[name] += times;
  }
  return sum;
}

// The earliest observation; runs are told apart by when they started, which their ids do not show.
const Observations::value_type& earliest(const Recording& recording, const Observations& observations) {
  const auto when = [&](const Observations::value_type& entry) {
    return std::tie(recording.runs.at(entry.first.first).started, entry.second.first, entry.first);
  };
  return *std::min_element(observations.begin(), observations.end(),
                           [&](const auto& one, const auto& other) { return when(one) < when(other); });
}

Json first_of_all_json(const Recording& recording, const Observations& observations) {
  const auto& [where, observation] = earliest(recording, observations);
  return {{"run", where.first},
          {"executable", where.second},
          {"elapsed_ms", observation.first.elapsed_ms},
          {"tid", observation.first.tid}};
}

// The names of the calls that a multiplexer stood for; a number without one is left to "arguments".
std::set<std::string> subcalls_of(std::string_view multiplexer, const Observation& sum) {
  std::set<std::string> names;
  const auto argument = sum.arguments.find("call");
  if (argument == sum.arguments.end() || argument->second.many) return names;
  for (const std::uint64_t number : argument->second.values) {
    if (const auto name = subcall_name(multiplexer, number); !name.empty()) names.emplace(name);
  }
  return names;
}

Json syscall_json(const Recording& recording, const SyscallKey& key, Objects& objects) {
  const Observations& observations = recording.syscalls.at(key);
  std::set<std::string> executables;
  std::set<std::string> runs;
  Json entries = Json::array();
  for (const auto& entry : observations) {
    runs.insert(entry.first.first);
    executables.insert(entry.first.second);
    entries.push_back(observation_json(entry, objects));
  }
  const auto name = syscall_name(key.arch, key.number);
  Json json{{"arch", name_of(key.arch)}, {"name", name ? Json(*name) : Json(nullptr)}, {"number", key.number}};
  const Observation sum = sum_of(observations);
  json.update(counts_json(sum));
  if (const auto subcalls = subcalls_of(name.value_or(""), sum); !subcalls.empty()) json["subcalls"] = subcalls;
  json["executables"] = executables;
  json["runs"] = runs;
  json["first"] = first_of_all_json(recording, observations);
  json["observations"] = std::move(entries);
  return json;
}

Json evidence_json(const CapabilityEvidences::value_type& entry, Objects& objects) {
  const auto& [where, evidence] = entry;
  Json json{{"run", where.first},
            {"executable", where.second},
            {"count", evidence.count},
            {"confirmed", evidence.confirmed},
            {"first", first_json(evidence.first, objects)}};
  if (!evidence.phases.empty()) json["phases"] = evidence.phases;
  return json;
}

Json capability_json(const CapabilityKey& key, const CapabilityEvidences& evidences, Objects& objects) {
  const auto name = syscall_name(key.call.arch, key.call.number);
  Json need = Json::array();
  for (const CapabilitySet any : key.need) need.push_back(names_of(any));
  Json json{{"need", need},
            {"use", name_of(key.use)},
            {"arch", name_of(key.call.arch)},
            {"name", name ? Json(*name) : Json(nullptr)},
            {"number", key.call.number},
            {"on", key.on}};
  json["seen"] = Json::array();
  for (const auto& entry : evidences) json["seen"].push_back(evidence_json(entry, objects));
  return json;
}

// Adds up what is told of two things that have one name when written.
void add(CapabilityEvidence& sum, const CapabilityEvidence& evidence) {
  sum.first = sum.count == 0 ? evidence.first : std::min(sum.first, evidence.first);
  sum.count += evidence.count;
  sum.confirmed += evidence.confirmed;
  for (const auto& [name, times] : evidence.phases) sum.phases[name] += times;
}

// Files whose names differ only in bytes that are not Unicode become one, since a need may be told of only once.
std::map<CapabilityKey, CapabilityEvidences> with_written_names(
    const std::map<CapabilityKey, CapabilityEvidences>& capabilities) {
  std::map<CapabilityKey, CapabilityEvidences> written;
  for (const auto& [key, evidences] : capabilities) {
    CapabilityKey name = key;
    name.on = as_written(key.on);
    for (const auto& [where, evidence] : evidences) add(written[name][where], evidence);
  }
  return written;
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
  for (const auto& [id, executable] : recording.executables) executables.push_back(file_json(id, executable));
  Objects objects;
  Json syscalls = Json::array();
  for (const auto& [key, observations] : recording.syscalls) {
    syscalls.push_back(syscall_json(recording, key, objects));
  }
  Json capabilities = Json::array();
  for (const auto& [key, evidences] : with_written_names(recording.capabilities)) {
    capabilities.push_back(capability_json(key, evidences, objects));
  }
  std::string text =
      fmt::format("{{\n \"schema\": \"{}\",\n \"complete\": {},\n", kRecordingSchema, reasons.empty());
  append_array(text, "incomplete_because", reasons, ",\n");
  append_array(text, "runs", runs, ",\n");
  append_array(text, "executables", executables, ",\n");
  append_array(text, "objects", objects.json(), ",\n");
  append_array(text, "syscalls", syscalls, ",\n");
  append_array(text, "capabilities", capabilities, "\n}\n");
  return text;
}

}  // namespace snug
